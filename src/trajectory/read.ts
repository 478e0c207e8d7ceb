import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ApprenticeError } from "../errors.ts";
import { superseded } from "./latest.ts";
import { readLines } from "./lines.ts";
import { parseTrajectory } from "./parse.ts";
import type { Trajectory } from "./schema.ts";

/** A line of a journal that is no trajectory. */
export interface BadLine {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly error: ApprenticeError;
}

export interface ReadOptions {
  /** Called for each line that is no trajectory, which is then passed over. Default: the first one is thrown. */
  readonly onBadLine?: (bad: BadLine) => void;
  /** Ends the reading: its reason is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * Every trajectory of a journal (`.jsonl`, also `.jsonl.gz` and `.jsonl.zst`), or of all those in a folder, in order, one
 * at a time. Of several records with one id (a resumed collection
 * repeats runs that failed) the last comes, and a failed one never in place of one that did not fail.
 * A last line that was never finished is passed over: its writer was killed before the run counted.
 *
 * @throws `file_missing`, `file_unreadable`; `trajectory_invalid` and `trajectory_version`, with file and line.
 */
export async function* readTrajectories(path: string | readonly string[], options: ReadOptions = {}): AsyncGenerator<Trajectory> {
  const files = await journalFiles(path);
  const replaced = await superseded(journalLines(files, options.signal));
  for await (const { file, number, text, place } of journalLines(files, options.signal)) {
    if (replaced.has(place)) continue;
    const trajectory = parseLine(text, file, number, options);
    if (trajectory) yield trajectory;
  }
}

/** The journals that a path stands for. */
export async function journalFiles(path: string | readonly string[]): Promise<string[]> {
  if (typeof path !== "string") return (await Promise.all(path.map((each) => journalFiles(each)))).flat();
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new ApprenticeError("file_missing", `There is no ${path}: give a .jsonl file or a folder of them.`);
  if (!found.isDirectory()) return [path];
  const names = await readdir(path);
  return names.filter((name) => /\.jsonl(\.gz|\.zst)?$/.test(name)).sort().map((name) => join(path, name));
}

/** The lines of journals that have something on them, without an unfinished last one; each with its place among all. */
export async function* journalLines(files: readonly string[], signal?: AbortSignal): AsyncGenerator<{ file: string; number: number; text: string; place: number }> {
  let place = 0;
  for (const file of files) {
    for await (const { number, text, whole } of readLines(file)) {
      signal?.throwIfAborted();
      if (text.trim() === "" || (!whole && !isJson(text))) continue;
      yield { file, number, text, place };
      place += 1;
    }
  }
}

function parseLine(text: string, file: string, line: number, { onBadLine }: ReadOptions): Trajectory | undefined {
  try {
    return parseTrajectory(text);
  } catch (cause) {
    if (!(cause instanceof ApprenticeError)) throw cause;
    const error = new ApprenticeError(cause.code, `${file}:${line}: ${cause.message}`, { cause });
    if (!onBadLine) throw error;
    onBadLine({ file, line, error });
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
