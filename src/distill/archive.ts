/** Stages kept small beside an experiment's file, so that another machine, or another day, goes on from them. */

import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, cp, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type { Stage } from "./stage.ts";

const always = ["stage.json", "done.json"];

/** Copies what a stage can go on from, with its lines compressed. False when there is nothing. */
export async function saveStage({ folder, archive, keeps }: Stage): Promise<boolean> {
  if (archive === undefined) return false;
  const kept = await present(folder, keeps);
  if (kept.length === 0) return false;
  await replace(archive, async (part) => {
    for (const file of [...(await present(folder, always)), ...kept]) {
      await mkdir(dirname(join(part, file)), { recursive: true });
      if (file.endsWith(".jsonl")) await pipeline(createReadStream(join(folder, file)), createGzip({ level: 9 }), createWriteStream(join(part, `${file}.gz`)));
      else await copyFile(join(folder, file), join(part, file));
    }
  });
  return true;
}

/** Begins a stage's folder with what was saved of it. What is there already stays. */
export async function restoreStage({ folder, archive }: Stage): Promise<void> {
  if (archive === undefined || (await exists(folder)) || !(await exists(archive))) return;
  await replace(folder, async (part) => {
    await cp(archive, part, { recursive: true });
    for (const file of await readdir(part, { recursive: true })) {
      if (!file.endsWith(".jsonl.gz")) continue;
      await pipeline(createReadStream(join(part, file)), createGunzip(), createWriteStream(join(part, file.slice(0, -".gz".length))));
      await rm(join(part, file));
    }
  });
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

async function present(folder: string, files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(files.map((file) => exists(join(folder, file))));
  return files.filter((_, index) => found[index]);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
