/** Stages kept small beside an experiment's file, so that another machine, or another day, goes on from them. */

import { copyFile, cp, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { recordHead } from "../trajectory/latest.ts";
import { readLines } from "../trajectory/lines.ts";
import { finished } from "../trajectory/standing.ts";
import { writeJsonLines } from "../trajectory/write.ts";
import type { Kept, Stage } from "./stage.ts";

const always: readonly Kept[] = [{ file: "stage.json" }, { file: "done.json" }];

/**
 * Copies what a stage can go on from, with its records compressed. False when there is nothing that the archive has not.
 *
 * What has come further stays: a stage that was begun never takes the place of one that is done.
 */
export async function saveStage({ folder, archive, keeps }: Stage): Promise<boolean> {
  if (archive === undefined || (await progressOf(folder, keeps)) <= (await progressOf(archive, keeps))) return false;
  const kept = await present(folder, keeps);
  if (kept.length === 0) return false;
  await replace(archive, async (part) => {
    for (const { file, records } of [...(await present(folder, always)), ...kept]) {
      await mkdir(dirname(join(part, file)), { recursive: true });
      if (!file.endsWith(".jsonl")) await copyFile(join(folder, file), join(part, file));
      else await writeJsonLines(join(part, `${file}.gz`), changed(join(folder, file), records?.save));
    }
  });
  return true;
}

/** Begins a stage's folder with what was saved of it, where that has come further than what is there. */
export async function restoreStage({ folder, archive, keeps }: Stage): Promise<void> {
  if (archive === undefined) return;
  const saved = await progressOf(archive, keeps);
  // Where nothing was saved, nobody needs to know how far the folder is.
  if (saved === 0 || saved <= (await progressOf(folder, keeps))) return;
  await replace(folder, async (part) => {
    await cp(archive, part, { recursive: true });
    for (const { file, records } of keeps) {
      const packed = join(part, `${file}.gz`);
      if (!(await exists(packed))) continue;
      await writeJsonLines(join(part, file), changed(packed, await records?.restore()));
      await rm(packed);
    }
  });
}

/** How far a stage has come, packed or not: runs that ended by themselves, and first thoughts; further than any when it is done. */
async function progressOf(folder: string, keeps: readonly Kept[]): Promise<number> {
  if (await exists(join(folder, "done.json"))) return Infinity;
  const records = new Set<string>();
  for (const { file } of keeps.filter(({ file }) => file.endsWith(".jsonl"))) {
    for (const path of [join(folder, file), join(folder, `${file}.gz`)]) {
      if (!(await exists(path))) continue;
      for await (const { text, whole } of readLines(path)) if (whole) countRecord(records, text);
    }
  }
  return records.size;
}

/** A run that failed will be made again, and one that was graded later has two lines: neither brings a stage further. */
function countRecord(records: Set<string>, text: string): void {
  const { id, standing } = recordHead(text) ?? { id: text, standing: finished };
  if (standing === finished) records.add(id);
}

/** A folder is there as a whole or not at all. */
async function replace(folder: string, fill: (part: string) => Promise<void>): Promise<void> {
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  await fill(part);
  await rm(folder, { recursive: true, force: true });
  await rename(part, folder);
}

/** The records of a file, each changed; one that was cut off in the middle by a kill is left out. */
async function* changed(path: string, change: (record: object) => object | undefined = (record) => record): AsyncGenerator<object> {
  for await (const { text, whole } of readLines(path)) {
    const kept = whole ? change(JSON.parse(text) as object) : undefined;
    if (kept) yield kept;
  }
}

async function present(folder: string, files: readonly Kept[]): Promise<Kept[]> {
  const found = await Promise.all(files.map(({ file }) => exists(join(folder, file))));
  return files.filter((_, index) => found[index]);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
