import { availableParallelism } from "node:os";
import type { BuildOptions } from "./build-options.ts";
import { indexFiles, syncFolder } from "./files.ts";
import { writeJournal, type Journal } from "./journal.ts";
import { inThread, sharedProgress, stop, watched } from "./watched.ts";

const DEFAULT_EXACT_BELOW = 5000;
const MIN_SHARD_ROWS = 10_000;
const MAX_SHARD_ROWS = 500_000;

/** Builds the graphs that are not there yet, as many at a time as there are cores. */
export async function buildShards({ folder, exactBelow = DEFAULT_EXACT_BELOW, shardRows, signal, onProgress }: BuildOptions, started: Journal): Promise<Journal> {
  const files = indexFiles(folder);
  const { rows, embedder } = started;
  const size = shardRows ?? Math.min(Math.max(Math.ceil(rows / availableParallelism()), MIN_SHARD_ROWS), MAX_SHARD_ROWS);
  const planned: NonNullable<Journal["shards"]> = rows < exactBelow ? [] : Array.from({ length: Math.ceil(rows / size) }, (_, number) => ({ firstRow: number * size, rows: Math.min(size, rows - number * size) }));
  const shards = [...(started.shards ?? planned)];
  const journal = { ...started, shards };
  await writeJournal(folder, journal);

  const missing = [...shards.entries()].filter(([, shard]) => shard.bytes === undefined);
  if (missing.length === 0) return journal;
  const resumed = shards.reduce((sum, shard) => sum + (shard.bytes === undefined ? 0 : shard.rows), 0);
  const queue = missing.values();
  const counters = missing.map(() => sharedProgress());
  const count = () => onProgress?.({ stage: "graph", done: resumed + counters.reduce((sum, counter) => sum + (counter[0] ?? 0), 0), resumed, total: rows });
  await watched(counters, signal, count, async () => {
    const failures: unknown[] = [];
    const work = async (): Promise<void> => {
      try {
        for (const [number, { firstRow, rows: shardSize }] of queue) {
          if (failures.length > 0) return;
          const progress = counters[missing.findIndex(([other]) => other === number)] ?? sharedProgress();
          const bytes = await inThread((thread) =>
            thread.call("buildShard", { vectorsPath: files.vectors, dimensions: embedder?.dimensions ?? 0, firstRow, rows: shardSize, outPath: files.shard(number), progress }),
          );
          await syncFolder(folder);
          shards[number] = { firstRow, rows: shardSize, bytes };
          await saved(() => writeJournal(folder, journal));
        }
      } catch (error) {
        failures.push(error);
        counters.forEach(stop);
      }
    };
    // Nothing is written any more when this is left: another build may begin.
    await Promise.all(Array.from({ length: Math.min(availableParallelism(), missing.length) }, work));
    if (failures.length > 0) throw failures[0];
  });
  return journal;
}

let lastSave: Promise<void> = Promise.resolve();

/** Two shards may be done at once; the journal is written by one of them at a time. */
function saved(write: () => Promise<void>): Promise<void> {
  lastSave = lastSave.catch(() => {}).then(write);
  return lastSave;
}
