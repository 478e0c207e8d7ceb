import { z } from "zod";
import type { ActionError, FinalAnswer, Json, ToolCall } from "../sandbox/types.ts";

/** The version of the record that this package writes. */
export const schemaId = "apprentice/trajectory@1";

const json = z.json() as z.ZodType<Json>;
const count = z.number().int().nonnegative();
const milliseconds = z.number().nonnegative();

const usage = z.object({
  inputTokens: count.describe("Tokens of the conversation and the prefill."),
  outputTokens: count,
});

const message = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() });

const question = z.object({
  id: z.string(),
  text: z.string(),
  answer: z.string().exactOptional().describe("The reference answer, for grading; never shown to the model."),
});

const attempt = z.object({
  stdout: z.string(),
  value: z.string().exactOptional().describe("str() of what the last statement evaluated to."),
  error: z
    .object({
      kind: z.enum(["syntax", "exception", "limit"]),
      name: z.string(),
      message: z.string(),
      line: z.number().int().positive().exactOptional(),
      stateLost: z.boolean(),
    })
    .exactOptional() satisfies z.ZodType<ActionError | undefined>,
  finalAnswer: z.object({ text: z.string(), json: json.exactOptional() }).exactOptional() satisfies z.ZodType<FinalAnswer | undefined>,
  toolCalls: z.array(
    z.object({
      name: z.string(),
      args: z.record(z.string(), json),
      result: z.discriminatedUnion("ok", [
        z.object({ ok: z.literal(true), value: json }),
        z.object({ ok: z.literal(false), message: z.string() }),
      ]),
      ms: milliseconds,
    }),
  ) satisfies z.ZodType<ToolCall[]>,
  ms: milliseconds,
});

const candidate = z.object({
  index: count,
  text: z.string().describe("The turn, prefix included."),
  prefix: z.string().exactOptional().describe("The beginning of the text that was given to the model, not chosen by it."),
  finish: z.enum(["end", "stop", "length"]),
  usage,
  ms: milliseconds.describe("Time to write it."),
  action: z.discriminatedUnion("ok", [
    z.object({ ok: z.literal(true), thought: z.string(), code: z.string() }),
    z.object({ ok: z.literal(false), thought: z.string(), message: z.string() }),
  ]),
  attempt: attempt.exactOptional().describe("What became of its code; absent when no code was found."),
});

const vote = z.object({
  winner: count.describe("Index of the candidate that was committed."),
  reason: z.enum(["only", "majority", "all_failed"]),
});

const actionStep = z.object({
  kind: z.literal("action"),
  index: count,
  candidates: z.array(candidate).min(1),
  vote,
  refused: z.string().exactOptional().describe("Why the final answer was refused by a check."),
  observation: z.string().exactOptional().describe("What was sent back to the model; absent after the final answer."),
  usage,
  ms: milliseconds,
});

const forcedAnswerStep = z.object({
  kind: z.literal("forced_answer"),
  index: count,
  request: z.string().describe("The message that asked for the answer."),
  text: z.string(),
  usage,
  ms: milliseconds,
});

const outcome = z.discriminatedUnion("type", [
  z.object({ type: z.literal("answered"), answer: z.string(), json: json.exactOptional(), by: z.enum(["final_answer", "forced"]) }),
  z.object({ type: z.literal("no_answer") }),
  z.object({ type: z.literal("error"), code: z.string(), message: z.string() }),
  z.object({ type: z.literal("aborted"), message: z.string() }),
]);

/** One run, whole: nothing that the sampler saw is left out. */
export const trajectorySchema = z.object({
  schema: z.literal(schemaId),
  id: z.string().describe("Hash of question, solver, model, seed and attempt."),
  question,
  solver: z.object({ id: z.string(), sampler: z.string(), prompt: z.string() }),
  model: z.string(),
  seed: z.number().int(),
  attempt: count.describe("0-based number of the try at this question."),
  messages: z.array(message).describe("The conversation that the run began with."),
  steps: z.array(z.discriminatedUnion("kind", [actionStep, forcedAnswerStep])),
  outcome,
  usage,
  startedAt: z.iso.datetime(),
  ms: milliseconds,
  environment: z.object({ apprentice: z.string(), node: z.string() }),
});

export type Trajectory = z.infer<typeof trajectorySchema>;
export type Step = Trajectory["steps"][number];
export type ActionStep = Extract<Step, { kind: "action" }>;
export type Candidate = ActionStep["candidates"][number];
export type AttemptRecord = NonNullable<Candidate["attempt"]>;
export type Vote = ActionStep["vote"];
export type Outcome = Trajectory["outcome"];
export type QuestionRecord = Trajectory["question"];
