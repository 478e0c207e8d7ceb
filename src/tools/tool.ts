import { ApprenticeError } from "../errors.ts";
import type { JsonSchema, Schema, Tool, ToolContext } from "./types.ts";

export interface ToolOptions<Input, Output> {
  /** A Python identifier: the name under which the code calls it. */
  readonly name: string;
  /** What it does and returns, for the model. */
  readonly description: string;
  /** Schema of an object whose properties are the parameters. Must give JSON Schema, as zod ≥ 4.2 and arktype ≥ 2.1.28 do. */
  readonly input: Schema<Input>;
  /** Schema of the result; checked, and shown to the model as the return type. Default: anything. */
  readonly output?: Schema<Output>;
  /** See {@link Tool.effect}. */
  readonly effect: "read" | "write";
  run(input: Input, context: ToolContext): Output | Promise<Output>;
}

/**
 * Makes a function that the agent's Python code can call; signature and docstring come from the schema.
 *
 * @throws `tool_name` for a name that is no Python identifier; `tool_schema` for a schema without JSON Schema.
 */
export function tool<Input, Output>(options: ToolOptions<Input, Output>): Tool {
  const { name, description, input, output, effect } = options;
  if (!/^[A-Za-z_]\w*$/.test(name) || keywords.has(name) || name === "final_answer") {
    throw new ApprenticeError("tool_name", `"${name}" cannot name a tool: use a Python identifier that is no keyword, and not final_answer.`);
  }
  const parameters = jsonSchemaOf(input, name);
  if (parameters.type !== "object") {
    throw new ApprenticeError("tool_schema", `The input of tool "${name}" must be an object schema: its properties become the parameters.`);
  }
  return {
    name,
    description,
    parameters,
    returns: output ? jsonSchemaOf(output, name) : {},
    effect,
    async run(args, context) {
      const result = await options.run(await validate(input, args, `${name}: wrong arguments`), context);
      return output ? validate(output, result, `${name} returned a wrong result`) : result;
    },
  };
}

async function validate<T>(schema: Schema<T>, value: unknown, what: string): Promise<T> {
  const result = await schema["~standard"].validate(value);
  if (!result.issues) return result.value;
  const issues = result.issues.map(({ message, path }) => {
    const keys = (path ?? []).map((part) => String(typeof part === "object" ? part.key : part));
    return keys.length > 0 ? `${keys.join(".")}: ${message}` : message;
  });
  throw new ApprenticeError("tool_arguments", `${what}: ${issues.join("; ")}`);
}

function jsonSchemaOf(schema: Schema, name: string): JsonSchema {
  const standard: unknown = schema["~standard"];
  if (hasJsonSchema(standard)) return standard.jsonSchema.input({ target: "draft-2020-12" });
  throw new ApprenticeError("tool_schema", `The schema of tool "${name}" gives no JSON Schema (Standard JSON Schema): use zod 4.2 or newer, or wrap it.`);
}

function hasJsonSchema(standard: unknown): standard is { jsonSchema: { input(options: { target: string }): JsonSchema } } {
  return typeof standard === "object" && standard !== null && "jsonSchema" in standard;
}

const keywords = new Set(
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield".split(" "),
);
