import { z } from "zod";
import { ApprenticeError } from "../errors.ts";
import type { Question } from "../solvers/types.ts";
import { journalLines } from "../trajectory/read.ts";

/** What a journal says of one try at a question. */
export interface Try {
  /** The run ended by itself; a failed or stopped one is repeated. */
  readonly finished: boolean;
  readonly graded: boolean;
  readonly right: boolean;
}

/** What was spent: tokens of input and output, US dollars. */
export interface Spent {
  tokens: number;
  dollars: number;
}

/** The tries that a journal holds, by question text and number of the try. */
export type Done = Map<string, Map<number, Try>>;

const head = z.object({
  id: z.string(),
  startedAt: z.string(),
  question: z.object({ text: z.string() }),
  attempt: z.number(),
  outcome: z.object({ type: z.string() }),
  grade: z.object({ correct: z.boolean() }).optional(),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number(), cost: z.number().optional() }),
});

/**
 * Reads a journal's heads, not its steps: memory grows with the number of tries alone.
 *
 * @throws `trajectory_invalid` with file and line.
 */
export async function readDone(journal: string): Promise<{ done: Done; spent: Spent }> {
  const done: Done = new Map();
  const spent: Spent = { tokens: 0, dollars: 0 };
  const begun = new Map<string, string>();
  for await (const { number, text } of journalLines([journal])) {
    const record = parseHead(text, journal, number);
    markDone(done, record.question, record.attempt, {
      finished: record.outcome.type !== "error" && record.outcome.type !== "aborted",
      graded: record.grade !== undefined,
      right: record.grade?.correct === true,
    });
    // A run that was graded later is on record twice, and was paid for once.
    if (begun.get(record.id) !== record.startedAt) addSpent(spent, record.usage);
    begun.set(record.id, record.startedAt);
  }
  return { done, spent };
}

function parseHead(text: string, journal: string, line: number): z.infer<typeof head> {
  try {
    return head.parse(JSON.parse(text));
  } catch (error) {
    throw new ApprenticeError("trajectory_invalid", `${journal}:${line} is no trajectory: take the line out (apprentice trajectories validate names all such lines), or give another folder.`, { cause: error });
  }
}

export function markDone(done: Done, { text }: Pick<Question, "text">, attempt: number, found: Try): void {
  const tries = done.get(text) ?? new Map<number, Try>();
  if (found.finished || tries.get(attempt)?.finished !== true) tries.set(attempt, found);
  done.set(text, tries);
}

export function addSpent(spent: Spent, usage: { readonly inputTokens: number; readonly outputTokens: number; readonly cost?: number | undefined }): void {
  spent.tokens += usage.inputTokens + usage.outputTokens;
  spent.dollars += usage.cost ?? 0;
}
