import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSnapshot, shareSnapshot } from "../src/sandbox/pyodide/snapshot.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-snapshot-"));
});
afterEach(() => rm(folder, { recursive: true }));

const [ours, theirs] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)];

test("two processes that make a snapshot at once go on with the same one", async () => {
  const shared = await Promise.all([shareSnapshot(folder, "key", ours), shareSnapshot(folder, "key", theirs)]);
  const onDisk = await readSnapshot(folder, "key");
  expect(shared.map((bytes) => [...bytes])).toEqual([[...(onDisk ?? [])], [...(onDisk ?? [])]]);
  expect(await readdir(folder)).toHaveLength(1);
});

test("a damaged snapshot is made anew", async () => {
  await shareSnapshot(folder, "key", ours);
  const [file = ""] = await readdir(folder);
  const bytes = await readFile(join(folder, file));
  bytes[bytes.length - 1] = 9;
  await writeFile(join(folder, file), bytes);
  expect(await readSnapshot(folder, "key")).toBeUndefined();
  expect([...(await shareSnapshot(folder, "key", theirs))]).toEqual([...theirs]);
  expect([...((await readSnapshot(folder, "key")) ?? [])]).toEqual([...theirs]);
});

test("a folder that cannot be written costs nothing but time", async () => {
  await writeFile(join(folder, "file"), "");
  expect([...(await shareSnapshot(join(folder, "file"), "key", ours))]).toEqual([...ours]);
});
