import type { StandardSchemaV1 } from "@standard-schema/spec";

export interface ToolContext {
  /** Aborted when the run is. */
  readonly signal: AbortSignal;
}

/** A function of the host that the agent's Python code can call by its name. */
export interface Tool {
  /** A Python identifier. */
  readonly name: string;
  /** What it does and returns, for the model. */
  readonly description: string;
  /** JSON Schema of an object: its properties are the parameters, in order. */
  readonly parameters: JsonSchema;
  /** JSON Schema of the result. Default: anything. */
  readonly returns: JsonSchema;
  /**
   * `read`: calling it changes nothing, so several candidates of a step may call it and share one answer.
   * `write`: it runs for the committed candidate only.
   */
  readonly effect: "read" | "write";
  /** Takes the arguments by name. Throws what the Python code then sees as an exception. */
  run(args: unknown, context: ToolContext): Promise<unknown>;
}

/** The part of JSON Schema that becomes Python annotations. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: { readonly [name: string]: JsonSchema };
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly default?: unknown;
}

/** A Standard Schema that can also say itself as JSON Schema (zod, arktype, valibot with its adapter …). */
export type Schema<Output = unknown> = StandardSchemaV1<unknown, Output>;
