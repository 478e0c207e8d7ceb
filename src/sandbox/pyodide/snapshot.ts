/**
 * Cache of memory snapshots on disk. A file is `magic, length, crc32` and the bytes; what does not match is built anew.
 * Nothing here fails: without a usable folder every process boots once from nothing.
 */

import { randomUUID } from "node:crypto";
import { link, mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

const magic = 0x41505359;
const headerBytes = 16;
const keptFiles = 3;

/** The snapshot in shared memory, or undefined when there is none or it is damaged. */
export async function readSnapshot(folder: string, key: string): Promise<Uint8Array | undefined> {
  const path = fileOf(folder, key);
  try {
    await using file = await open(path, "r");
    const header = Buffer.alloc(headerBytes);
    await file.read(header, 0, headerBytes, 0);
    const { size } = await file.stat();
    const length = header.readUInt32LE(4);
    if (header.readUInt32LE(0) !== magic || size !== headerBytes + length) return undefined;
    const bytes = new Uint8Array(new SharedArrayBuffer(length));
    await file.read(bytes, 0, length, headerBytes);
    if (crc32(bytes) !== header.readUInt32LE(8)) return undefined;
    // Marks it as used, for the clean-up below.
    await utimes(path, new Date(), new Date()).catch(() => {});
    return bytes;
  } catch {
    return undefined;
  }
}

/** Keeps a snapshot for other processes. Gives the one that was there first: no two boots make quite the same. */
export async function shareSnapshot(folder: string, key: string, bytes: Uint8Array): Promise<Uint8Array> {
  const temporary = join(folder, `${randomUUID()}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(magic, 0);
    header.writeUInt32LE(bytes.length, 4);
    header.writeUInt32LE(crc32(bytes), 8);
    await writeFile(temporary, [header, bytes]);
    const first = await link(temporary, fileOf(folder, key)).then(() => bytes, () => readSnapshot(folder, key));
    // A damaged file, or a folder without links.
    if (!first) await rename(temporary, fileOf(folder, key));
    await removeOld(folder);
    return first ?? bytes;
  } catch {
    return bytes;
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

function fileOf(folder: string, key: string): string {
  return join(folder, `python-${key}.snapshot`);
}

async function removeOld(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".snapshot"));
  const files = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(join(folder, name))).mtimeMs })),
  );
  const old = files.sort((a, b) => b.time - a.time).slice(keptFiles);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })));
}
