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
  cachedInputTokens: count.exactOptional().describe("Those of inputTokens that were not evaluated again."),
  cost: z.number().nonnegative().exactOptional().describe("In US dollars."),
});

const message = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() });

const question = z.object({
  id: z.string(),
  text: z.string(),
  answer: z.string().exactOptional().describe("The reference answer, for grading; never shown to the model."),
  solution: z.string().exactOptional().describe("A worked solution; shown to a teacher that is guided by it, to no one else."),
  metadata: z.record(z.string(), json).exactOptional().describe("What else the question file says, e.g. level and subject."),
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
  deferred: z
    .object({ name: z.string(), args: z.record(z.string(), json) })
    .exactOptional()
    .describe("The call of a write tool before which it stopped, since it was not committed."),
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

const given = z.object({
  text: z.string(),
  at: count.describe("Where it begins in the turn, in characters."),
  source: z.enum(["first_thought", "forced_code"]),
});

const completion = z.object({
  index: count,
  text: z.string().describe("The turn, given parts included."),
  given: z.array(given).exactOptional().describe("Parts of the text that were put there for the model, not chosen by it."),
  finish: z.enum(["end", "stop", "length", "cancelled"]),
  tokenIds: z.array(count).exactOptional().describe("The sampled tokens."),
  logprobs: z.array(z.number()).exactOptional().describe("Natural logarithm of each sampled token's probability, at temperature 1."),
  usage,
  ms: milliseconds.describe("Time to write it."),
});

const candidate = completion.extend({
  action: z.discriminatedUnion("ok", [
    z.object({ ok: z.literal(true), thought: z.string(), code: z.string() }),
    z.object({ ok: z.literal(false), thought: z.string(), message: z.string() }),
  ]),
  attempt: attempt.exactOptional().describe("What became of its code; absent when no code was found."),
});

const vote = z.object({
  winner: count.describe("Index of the candidate that was committed."),
  reason: z.enum(["only", "majority", "all_failed", "scored"]),
  groups: z
    .array(z.object({ key: z.string().describe("What its members observed, in canonical form."), members: z.array(count).min(1) }))
    .exactOptional()
    .describe("The candidates that ran, by what they observed; the largest first."),
  scores: z.array(z.number().nullable()).exactOptional().describe("What a scorer gave each candidate; null for those not scored."),
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

const response = completion.extend({
  answer: z.string().exactOptional().describe("The answer read from the text; absent when there is none."),
});

const responseStep = z.object({
  kind: z.literal("response"),
  index: count,
  retrieved: z
    .array(z.object({ id: z.string(), text: z.string(), score: z.number() }))
    .exactOptional()
    .describe("Passages that were put before the question."),
  responses: z.array(response).min(1).describe("One, or the samples of self-consistency."),
  vote,
  usage,
  ms: milliseconds,
});

const firstThought = z.object({
  text: z.string().describe("What was put before the first thought (Eq. 5)."),
  reasoning: z.string().exactOptional().describe("The chain-of-thought answer that it was cut from."),
  model: z.string().describe("Who wrote it; a file's name when it came from one."),
  guided: z.boolean().describe("Whether the model saw a reference solution."),
  sent: z.enum(["native", "echo", "none"]).describe("How the acting model was given it; none: it cannot take one."),
  usage: usage.exactOptional().describe("What writing it took in this run; absent when it was there already. Part of the run's usage."),
});

const grade = z.object({
  grader: z.string(),
  correct: z.boolean(),
  score: z.number().min(0).max(1),
  reason: z.string().exactOptional(),
});

const outcome = z.discriminatedUnion("type", [
  z.object({ type: z.literal("answered"), answer: z.string(), json: json.exactOptional(), by: z.enum(["final_answer", "forced", "response"]) }),
  z.object({ type: z.literal("no_answer"), message: z.string().exactOptional().describe("Why, where the conversation outgrew the model's context.") }),
  z.object({ type: z.literal("error"), code: z.string(), message: z.string() }),
  z.object({ type: z.literal("aborted"), message: z.string() }),
]);

/** One run, whole: nothing that the sampler saw is left out. */
export const trajectorySchema = z.object({
  schema: z.literal(schemaId),
  id: z.string().describe("Hash of question, solver and its variant (with a first thought, say), model, seed and attempt."),
  question,
  solver: z.object({ id: z.string(), sampler: z.string(), prompt: z.string() }),
  model: z.string(),
  seed: z.number().int(),
  attempt: count.describe("0-based number of the try at this question."),
  messages: z.array(message).describe("The conversation that the run began with."),
  firstThought: firstThought.exactOptional(),
  steps: z.array(z.discriminatedUnion("kind", [actionStep, forcedAnswerStep, responseStep])),
  outcome,
  grade: grade.exactOptional(),
  usage,
  startedAt: z.iso.datetime(),
  ms: milliseconds,
  environment: z.object({ apprentice: z.string(), node: z.string() }),
  origin: z
    .object({ format: z.enum(["reference", "atif"]), file: z.string() })
    .exactOptional()
    .describe("Where an imported record comes from: what that format does not hold is empty or 0 here."),
});

export type Trajectory = z.infer<typeof trajectorySchema>;
export type Step = Trajectory["steps"][number];
export type ActionStep = Extract<Step, { kind: "action" }>;
export type Candidate = ActionStep["candidates"][number];
export type AttemptRecord = NonNullable<Candidate["attempt"]>;
export type Vote = ActionStep["vote"];
export type ResponseStep = Extract<Step, { kind: "response" }>;
export type Response = ResponseStep["responses"][number];
export type GivenText = NonNullable<Candidate["given"]>[number];
export type FirstThought = NonNullable<Trajectory["firstThought"]>;
export type Grade = NonNullable<Trajectory["grade"]>;
export type Outcome = Trajectory["outcome"];
export type QuestionRecord = Trajectory["question"];
