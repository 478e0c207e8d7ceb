export { tool, type ToolOptions } from "./tool.ts";
export type { JsonSchema, Schema, Tool, ToolContext } from "./types.ts";
