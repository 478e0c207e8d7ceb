import { readFile } from "node:fs/promises";
import { parse } from "node:path";
import { z } from "zod";
import { codeAct, type Dialect } from "../../agent/dialect.ts";
import { type Prompt, studentPrompt, teacherPrompt } from "../../agent/prompt.ts";
import { ApprenticeError, messageOf } from "../../errors.ts";
import type { Limits } from "../../sandbox/types.ts";

const text = z.string();

const limitsSchema = z.strictObject({
  timeMs: z.number().positive().exactOptional(),
  memoryBytes: z.number().int().positive().exactOptional(),
  outputBytes: z.number().int().positive().exactOptional(),
  sourceChars: z.number().int().positive().exactOptional(),
  toolCalls: z.number().int().nonnegative().exactOptional(),
}) satisfies z.ZodType<Partial<Limits>>;

const promptSchema = z.strictObject({
  id: text,
  system: text,
  examples: z.array(z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: text })),
  task: text,
  forcedAnswer: text,
}) satisfies z.ZodType<Prompt>;

const dialectSchema = z.strictObject(
  Object.fromEntries(Object.keys(codeAct).map((key) => [key, key === "stop" ? z.array(text) : text])) as {
    [Key in keyof Dialect]: Key extends "stop" ? z.ZodArray<z.ZodString> : z.ZodString;
  },
);

const configSchema = z.strictObject({
  /** `teacher`, `student`, or some fields of a prompt; the rest is taken from `teacher`. */
  prompt: z.union([z.enum(["teacher", "student"]), promptSchema.partial()]).exactOptional(),
  /** Strings of the text format that differ from the paper's. */
  dialect: dialectSchema.partial().exactOptional(),
  limits: limitsSchema.exactOptional(),
  maxSteps: z.number().int().positive().exactOptional(),
  maxTokens: z.number().int().positive().exactOptional(),
});

/** An agent's words, format and limits, as a file says them. */
export interface AgentConfig {
  readonly prompt?: Prompt;
  readonly dialect?: Dialect;
  readonly limits?: Partial<Limits>;
  readonly maxSteps?: number;
  readonly maxTokens?: number;
}

/**
 * Reads an agent's configuration from a JSON file.
 *
 * @throws `config_invalid` naming the field that is wrong.
 */
export async function readConfig(path: string): Promise<AgentConfig> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new ApprenticeError("config_invalid", `${path} cannot be read as JSON: ${messageOf(error)}`, { cause: error });
  }
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ApprenticeError("config_invalid", `${path}: ${[...(issue?.path ?? [])].join(".") || "the file"}: ${issue?.message}`);
  }
  const { prompt, dialect, ...rest } = parsed.data;
  return {
    ...rest,
    ...(prompt !== undefined && { prompt: typeof prompt === "string" ? namedPrompts[prompt] : customPrompt(prompt, path) }),
    ...(dialect !== undefined && { dialect: { ...codeAct, ...definedOnly(dialect) } }),
  };
}

export const namedPrompts: Record<"teacher" | "student", Prompt> = { teacher: teacherPrompt, student: studentPrompt };

function customPrompt(fields: { [Key in keyof Prompt]?: Prompt[Key] | undefined }, path: string): Prompt {
  return { ...teacherPrompt, id: parse(path).name, ...definedOnly(fields) };
}

function definedOnly<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
