import { type BenchmarkId, benchmarks } from "../../eval/index.ts";
import { bootstrapMean, wilson } from "../../eval/statistics/intervals.ts";
import { onBenchmark, type RunGroup } from "../runs/groups.ts";
import type { RunStats, Tally } from "../runs/stats.ts";
import type { Cell } from "./types.ts";

/** Absent for what was never graded. */
export function accuracy(run: RunStats | undefined): Cell | undefined {
  return run?.graded ? share([...run.questions.values()]) : undefined;
}

/**
 * Right answers in percent, with the 95 % interval: Wilson's, or the bootstrap's over questions when some were asked several
 * times. Absent when none was judged.
 */
export function share(questions: readonly Tally[]): Cell | undefined {
  const judged = questions.filter(({ n }) => n > 0);
  if (judged.length === 0) return undefined;
  const once = judged.every(({ n }) => n === 1);
  const { value, low, high } = once ? wilson(judged.filter(({ right }) => right === 1).length, judged.length) : bootstrapMean(judged.map(({ right, n }) => right / n));
  return { value: 100 * value, low: 100 * low, high: 100 * high, n: judged.length };
}

/** A cell for each of some benchmarks, then their average where none is missing. */
export function benchmarkCells(group: RunGroup, ids: readonly string[] = benchmarks.map(({ id }) => id)): (Cell | undefined)[] {
  const cells = ids.map((id) => accuracy(onBenchmark(group, id)));
  return [...cells, average(cells)];
}

export function average(cells: readonly (Cell | undefined)[]): Cell | undefined {
  const values = cells.flatMap((cell) => (cell ? [cell.value] : []));
  if (values.length < cells.length || values.length === 0) return undefined;
  return { value: values.reduce((sum, value) => sum + value, 0) / values.length };
}

export function paperCells(values: readonly number[]): Cell[] {
  return values.map((value) => ({ value }));
}

const testSets: readonly string[] = benchmarks.map(({ id }) => id);

/** Whether a group has runs on one of these, by default of the paper's test benchmarks. */
export function isOn({ runs }: RunGroup, ids: readonly string[] = testSets): boolean {
  return runs.some(({ setup }) => ids.includes(setup.benchmark));
}

export const mathBenchmarks: readonly BenchmarkId[] = ["math_500", "gsm_hard", "aime", "olymmath"];
