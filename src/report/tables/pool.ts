import { type BenchmarkId, benchmarks } from "../../eval/index.ts";
import { wilson } from "../../eval/statistics/intervals.ts";
import type { RunStats, Tally } from "../runs/aggregate.ts";
import type { Cell } from "./types.ts";

/** Runs that differ in nothing but the benchmark (and the seed) make one row. */
export function groupRuns<T>(runs: readonly RunStats[], key: (run: RunStats) => T): { readonly key: T; readonly runs: readonly RunStats[] }[] {
  const groups = new Map<string, { key: T; runs: RunStats[] }>();
  for (const run of runs) {
    const value = key(run);
    const text = JSON.stringify(value);
    const group = groups.get(text) ?? { key: value, runs: [] };
    groups.set(text, group);
    group.runs.push(run);
  }
  return [...groups.values()];
}

/** The accuracy of some runs together; absent when none of them was graded. */
export function accuracy(runs: readonly RunStats[]): Cell | undefined {
  const graded = runs.filter((run) => run.graded);
  const sum = (pick: (tally: Tally) => number) => graded.reduce((total, { judged }) => total + pick(judged), 0);
  return share({ right: sum(({ right }) => right), n: sum(({ n }) => n) });
}

/** Right ones among those judged, in percent, with Wilson's 95 % interval; absent for none. */
export function share({ right, n }: Tally): Cell | undefined {
  if (n === 0) return undefined;
  const { value, low, high } = wilson(right, n);
  return { value: 100 * value, low: 100 * low, high: 100 * high, n };
}

/** A cell for each of some benchmarks, then their average where none is missing. */
export function benchmarkCells(runs: readonly RunStats[], ids: readonly string[] = benchmarks.map(({ id }) => id)): (Cell | undefined)[] {
  const cells = ids.map((id) => accuracy(runs.filter(({ setup }) => setup.benchmark === id)));
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

const known = new Set<string>(benchmarks.map(({ id }) => id));

/** Whether a run is on one of the paper's test benchmarks. */
export function onBenchmark({ setup }: RunStats): boolean {
  return known.has(setup.benchmark);
}

export const mathBenchmarks: readonly BenchmarkId[] = ["math_500", "gsm_hard", "aime", "olymmath"];
