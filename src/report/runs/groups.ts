import { methodOf, type Setup } from "./labels.ts";
import { type RunStats, sumStats } from "./stats.ts";

/** Runs of one setup: on several benchmarks, with several seeds, or in several parts. */
export interface RunGroup {
  readonly setup: Setup;
  /** As in the paper's Table 2. */
  readonly method: string;
  /** The model, and what tells the group from others of the same model and method. */
  readonly name: string;
  readonly runs: readonly RunStats[];
}

/** Runs that differ in anything but where they were recorded, the benchmark and the seed are apart. */
export function groupRuns(runs: readonly RunStats[]): RunGroup[] {
  const groups = new Map<string, { readonly setup: Setup; readonly runs: RunStats[] }>();
  for (const run of runs) {
    const key = JSON.stringify({ ...run.setup, run: undefined, benchmark: undefined });
    const group = groups.get(key) ?? { setup: run.setup, runs: [] };
    groups.set(key, group);
    group.runs.push(run);
  }
  const setups = [...groups.values()].map(({ setup }) => setup);
  return [...groups.values()].map(({ setup, runs }) => {
    const alike = setups.filter((other) => other.model === setup.model && methodOf(other) === methodOf(setup));
    return { setup, method: methodOf(setup), name: [setup.model, ...difference(setup, alike)].join(", "), runs };
  });
}

/** A group's runs on one benchmark, as one; absent when there are none. */
export function onBenchmark({ runs }: RunGroup, id: string): RunStats | undefined {
  const [first, ...others] = runs.filter(({ setup }) => setup.benchmark === id);
  return first && sumStats([first, ...others]);
}

/** The benchmarks of a group, in the order in which they were met. */
export function benchmarksOf({ runs }: RunGroup): string[] {
  return [...new Set(runs.map(({ setup }) => setup.benchmark))];
}

const telling = {
  prompt: (prompt: string) => `prompt ${prompt}`,
  sampler: (sampler: string) => sampler,
  teacher: (teacher: string) => `taught by ${teacher}`,
  tuning: (tuning: string) => tuning,
  temperature: (temperature: number) => `T = ${temperature}`,
  params: (params: string) => params,
} as const;

function difference(setup: Setup, alike: readonly Setup[]): string[] {
  const differs = (field: keyof typeof telling) => new Set(alike.map((each) => each[field])).size > 1;
  return Object.keys(telling).flatMap((field) => {
    const name = field as keyof typeof telling;
    const value = setup[name];
    return value !== undefined && differs(name) ? [(telling[name] as (value: string | number) => string)(value)] : [];
  });
}
