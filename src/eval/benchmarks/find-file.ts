import { stat } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "../../cache-dir.ts";
import { ApprenticeError } from "../../errors.ts";
import { findBenchmark, knownFiles } from "./benchmarks.ts";

/** Where benchmarks' files are looked for by name: `$APPRENTICE_BENCHMARKS`, else `benchmarks` in the cache folder. */
export function benchmarksFolder(): string {
  return process.env["APPRENTICE_BENCHMARKS"] ?? join(cacheDir(), "benchmarks");
}

/**
 * The question file that a path or a benchmark's name means. A benchmark's file is its id with `.jsonl`, `.json` or `.csv`,
 * or has the name that the reference implementation gives it, in {@link benchmarksFolder}.
 *
 * @throws `benchmark_missing`, with where to get it; `file_unreadable` for a path that is not there.
 */
export async function findQuestionFile(pathOrBenchmark: string): Promise<{ readonly path: string; readonly benchmark?: string }> {
  if (await exists(pathOrBenchmark)) return { path: pathOrBenchmark };
  const benchmark = findBenchmark(pathOrBenchmark);
  if (!benchmark) throw new ApprenticeError("file_unreadable", `There is no file ${pathOrBenchmark}, and no benchmark of that name.`);
  const folder = benchmarksFolder();
  const names = [...["jsonl", "json", "csv"].map((extension) => `${benchmark.id}.${extension}`), ...knownFiles.filter((file) => file.set === benchmark.id).map(({ name }) => name)];
  for (const name of names) if (await exists(join(folder, name))) return { path: join(folder, name), benchmark: benchmark.id };
  throw new ApprenticeError("benchmark_missing", `The questions of ${benchmark.name} are not here: get them from ${benchmark.source} and save them as ${join(folder, names[0] ?? "")}, or give a file.`);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}
