import { cpus } from "node:os";

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Milliseconds that something took. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** Prints one JSON line: medians of ours and the peer's, in milliseconds, and peer ÷ ours. */
export function report(name: string, ours: readonly number[], peer: readonly number[]): void {
  const [a, b] = [median(ours), median(peer)];
  const round = (value: number) => Number(value.toPrecision(4));
  console.log(JSON.stringify({ name, runs: ours.length, oursMs: round(a), peerMs: round(b), timesFaster: round(b / a), cores: cpus().length, node: process.version }));
}
