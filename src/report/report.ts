import { reportFigures } from "./figures/figures.ts";
import type { ReportFigure } from "./figures/types.ts";
import { type Aggregate, aggregate } from "./runs/aggregate.ts";
import { groupRuns } from "./runs/groups.ts";
import type { RunStats } from "./runs/stats.ts";
import { allRunsTable } from "./tables/all-runs.ts";
import { paperTables } from "./tables/paper-tables.ts";
import type { ReportTable } from "./tables/types.ts";

/** All that a report shows, as data. */
export interface Report {
  /** All runs first, then the paper's tables 2 to 8. */
  readonly tables: readonly ReportTable[];
  /** All runs first, then the paper's figures 1 and 4 to 8. */
  readonly figures: readonly ReportFigure[];
  /** Those that count: one for each run, none of one that was interrupted. */
  readonly trajectories: number;
  /** How many of them each question has, by its id. */
  readonly questions: ReadonlyMap<string, number>;
  /** What the reader must know of the data, e.g. lines that could not be read. */
  readonly notes: readonly string[];
}

/**
 * Reads journals from end to end and fills the paper's tables and figures with what they hold. Of a trajectory only its id and
 * its question's tally stay in memory.
 *
 * @throws `file_missing`; `run_labels_invalid` for a `run.json` that cannot be used.
 */
export async function buildReport(paths: readonly string[], options: { readonly signal?: AbortSignal; onProgress?(trajectories: number): void } = {}): Promise<Report> {
  const { runs, trajectories, unreadable, firstUnreadable }: Aggregate = await aggregate(paths, options);
  const groups = groupRuns(runs);
  const ungraded = runs.filter((run) => !run.graded).map(({ setup }) => setup.run);
  return {
    tables: [allRunsTable(runs), ...paperTables(groups)],
    figures: reportFigures(groups),
    trajectories,
    questions: runsByQuestion(runs),
    notes: [
      ...(trajectories === 0 ? ["No trajectories were found: only the paper's own figures are shown."] : []),
      ...(unreadable > 0 ? [`${unreadable} ${unreadable === 1 ? "line is no trajectory and was" : "lines are no trajectories and were"} left out: ${firstUnreadable}`] : []),
      ...(ungraded.length > 0 ? [`Not graded, so without accuracy: ${[...new Set(ungraded)].join(", ")}.`] : []),
    ],
  };
}

function runsByQuestion(runs: readonly RunStats[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { questions } of runs) for (const [id, tally] of questions) counts.set(id, (counts.get(id) ?? 0) + tally.runs);
  return counts;
}
