import { createHash } from "node:crypto";
import type { ChatModel, Message, Usage } from "../model/types.ts";
import type { FirstThought, Outcome, QuestionRecord, Step, Trajectory } from "../trajectory/schema.ts";
import { sumUsage } from "../trajectory/usage.ts";
import { version } from "../version.ts";
import type { Question, SolveOptions } from "./types.ts";

/** Who solves: what a trajectory is identified by, besides its question, seed and attempt. */
export interface SolverIdentity {
  readonly solverId: string;
  readonly model: Pick<ChatModel, "id">;
  readonly sampler: { readonly id: string };
  readonly prompt: { readonly id: string };
  /** What else tells its runs from others, e.g. `first_thought`. */
  readonly variants?: readonly string[];
}

/** What is known of a trajectory when its run begins, and the way to finish it. */
export function beginRecord(
  { solverId, model, sampler, prompt, variants = [] }: SolverIdentity,
  question: Question,
  { seed = 0, attempt = 0 }: SolveOptions,
  messages: readonly Message[],
): { question: QuestionRecord; seed: number; finish(steps: Step[], outcome: Outcome, spent: Usage, firstThought?: FirstThought): Trajectory } {
  const startedAt = new Date();
  const start = performance.now();
  const { metadata, ...rest } = question;
  const questionRecord: QuestionRecord = { ...rest, id: questionId(question), ...(metadata && { metadata: { ...metadata } }) };
  return {
    question: questionRecord,
    seed,
    finish: (steps, outcome, spent, firstThought) => ({
      schema: "apprentice/trajectory@1",
      id: hash([questionRecord.id, question.text, solverId, sampler.id, prompt.id, model.id, seed, attempt, ...variants]),
      question: questionRecord,
      solver: { id: solverId, sampler: sampler.id, prompt: prompt.id },
      model: model.id,
      seed,
      attempt,
      messages: messages.map((message) => ({ ...message })),
      ...(firstThought && { firstThought }),
      steps,
      outcome,
      usage: sumUsage([spent, ...(firstThought?.usage ? [firstThought.usage] : [])]),
      startedAt: startedAt.toISOString(),
      ms: performance.now() - start,
      environment: { apprentice: version, node: process.version },
    }),
  };
}

/** The question's id, or a hash of its text. */
export function questionId(question: Question): string {
  return question.id ?? hash([question.text]);
}

function hash(parts: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
