import { duplicateQuestion, type Filter, firstRejection, forcedAnswer, literal, paperFilters, type Rejection, tooLong } from "./filter.ts";
import { overlaps, type TestSet } from "./overlap.ts";
import type { Trajectory } from "./schema.ts";
import { writeJsonLines } from "./write.ts";

/** What makes a trajectory training data, besides the paper's filter. */
export interface TrainingDataOptions {
  /** Longest trajectory, in tokens written. Default: any. */
  readonly maxTokens?: number | undefined;
  /** Lets answers pass that no code computed. Default: false. */
  readonly literals?: boolean | undefined;
  /** Lets further trajectories of a question pass. Default: false. */
  readonly duplicates?: boolean | undefined;
  /** Lets answers pass that were asked for after the last step. Default: false. */
  readonly forced?: boolean | undefined;
  /** Questions that training must not see. */
  readonly testSets: readonly TestSet[];
  /** Words in a row that may not be shared with a test set. */
  readonly ngram: number;
}

export function trainingFilters({ maxTokens, literals, duplicates, forced, testSets, ngram }: TrainingDataOptions): Filter[] {
  return [
    ...paperFilters,
    ...(forced ? [] : [forcedAnswer]),
    ...(maxTokens === undefined ? [] : [tooLong(maxTokens)]),
    ...(literals ? [] : [literal]),
    ...(testSets.length > 0 ? [overlaps(testSets, { n: ngram })] : []),
    ...(duplicates ? [] : [duplicateQuestion()]),
  ];
}

export interface Kept {
  readonly kept: number;
  /** How many were rejected, by reason. */
  readonly rejected: { readonly [reason: string]: number };
}

/** Writes the trajectories that pass to `out`, and why the rest did not, one JSON line each, to `rejected` where one is given. */
export async function keepTrainingData(
  trajectories: AsyncIterable<Trajectory>,
  filters: readonly Filter[],
  { out, rejected, signal }: { readonly out: string; readonly rejected?: string | undefined; readonly signal: AbortSignal },
): Promise<Kept> {
  const rejections: (Rejection & { readonly id: string; readonly question: string; readonly attempt: number })[] = [];
  const passing = async function* (): AsyncGenerator<Trajectory> {
    for await (const trajectory of trajectories) {
      const rejection = firstRejection(filters, trajectory);
      if (rejection) rejections.push({ id: trajectory.id, question: trajectory.question.id, attempt: trajectory.attempt, ...rejection });
      else yield trajectory;
    }
  };
  const kept = await writeJsonLines(out, passing(), signal);
  if (rejected !== undefined) await writeJsonLines(rejected, eachOf(rejections), signal);
  const counts: Record<string, number> = {};
  for (const { reason } of rejections) counts[reason] = (counts[reason] ?? 0) + 1;
  return { kept, rejected: counts };
}

async function* eachOf<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
