import { dirname } from "node:path";
import { readRunLabels } from "../../eval/run-labels.ts";
import { findJournals } from "../journals/find.ts";
import { readJournal } from "../journals/read.ts";
import { type Setup, setupOf } from "./labels.ts";
import { addTrajectory, emptyStats, type RunStats } from "./stats.ts";

export interface Aggregate {
  readonly runs: readonly RunStats[];
  readonly trajectories: number;
  /** Lines that are no trajectories. */
  readonly unreadable: number;
  readonly firstUnreadable?: string;
}

/**
 * Reads journals from end to end, in memory for one trajectory, the ids of one journal and a tally for each question. Lines
 * that are no trajectories are counted, not used.
 *
 * @throws `file_missing`; `run_labels_invalid`.
 */
export async function aggregate(paths: readonly string[], options: { readonly signal?: AbortSignal; onProgress?(trajectories: number): void } = {}): Promise<Aggregate> {
  const runs = new Map<string, RunStats>();
  let trajectories = 0;
  let unreadable = 0;
  let firstUnreadable: string | undefined;
  for (const journal of await findJournals(paths)) {
    const labels = await readRunLabels(dirname(journal.file));
    for await (const read of readJournal(journal, options.signal)) {
      if ("problem" in read) {
        unreadable += 1;
        firstUnreadable ??= read.problem;
        continue;
      }
      trajectories += 1;
      if (trajectories % 1000 === 0) options.onProgress?.(trajectories);
      const setup = setupOf(read.trajectory, journal.run, labels);
      const key = JSON.stringify({ ...setup, votes: undefined, firstThought: undefined });
      const stats = runs.get(key) ?? emptyStats(setup);
      runs.set(key, stats);
      stats.setup = together(stats.setup, setup);
      addTrajectory(stats, read.trajectory);
    }
  }
  return { runs: [...runs.values()], trajectories, unreadable, ...(firstUnreadable !== undefined && { firstUnreadable }) };
}

/** A run that failed at once shows neither votes nor a first thought; the others of its setup do. */
function together(a: Setup, b: Setup): Setup {
  return { ...a, votes: a.votes || b.votes, firstThought: a.firstThought || b.firstThought };
}
