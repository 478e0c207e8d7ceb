export { llama, type LlamaModel, type LlamaOptions } from "./llama.ts";
export type { Adapter } from "./load.ts";
export type { Gpu } from "./peer.ts";
