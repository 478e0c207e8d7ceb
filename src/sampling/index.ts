export { greedy } from "./greedy.ts";
export type { Sampler } from "./types.ts";
