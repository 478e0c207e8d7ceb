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

/** What may tell setups of one model and method apart. */
const traits: readonly ((setup: Setup) => string | undefined)[] = [
  ({ prompt }) => `prompt ${prompt}`,
  ({ sampler }) => sampler,
  ({ teacher }) => teacher && `taught by ${teacher}`,
  ({ tuning }) => tuning,
  ({ temperature }) => (temperature === undefined ? undefined : `T = ${temperature}`),
  ({ params }) => params,
];

function difference(setup: Setup, alike: readonly Setup[]): string[] {
  const differing = traits.filter((trait) => new Set(alike.map(trait)).size > 1);
  return differing.flatMap((trait) => trait(setup) ?? []);
}
