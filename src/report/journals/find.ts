import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { ApprenticeError } from "../../errors.ts";

/** A file of trajectories, and the run that it belongs to. */
export interface Journal {
  readonly file: string;
  /** The folder, or the file without its ending, seen from where the search began. */
  readonly run: string;
}

/** Folders beside journals that hold no trajectories: a collection keeps its first thoughts in one (docs/collect.md). */
const otherFolders: readonly string[] = ["node_modules", "first-thoughts"];

/**
 * The `.jsonl` files of a path, and of the folders below it, each once. Hidden folders, links to folders, `node_modules` and first
 * thoughts are passed over.
 *
 * @throws `file_missing` when a path does not exist; `file_unreadable` for a compressed one.
 */
export async function findJournals(paths: readonly string[]): Promise<Journal[]> {
  const found = await Promise.all(paths.map((path) => journalsOf(path)));
  const once = new Map<string, Journal>();
  for (const journal of found.flat()) {
    const real = await realpath(journal.file).catch(() => journal.file);
    if (!once.has(real)) once.set(real, journal);
  }
  return [...once.values()];
}

async function journalsOf(path: string): Promise<Journal[]> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry) throw new ApprenticeError("file_missing", `There is no ${path}: give a .jsonl file or a folder of them.`);
  const name = basename(resolve(path));
  if (/\.jsonl\.(gz|zst)$/.test(name)) throw new ApprenticeError("file_unreadable", `${path} is compressed, and a page goes back and forth in its files: unpack it first.`);
  if (!entry.isDirectory()) return [{ file: path, run: withoutEnding(name) }];
  return walk(path, "", name);
}

async function walk(folder: string, below: string, top: string): Promise<Journal[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const journals = entries.filter(({ name }) => name.endsWith(".jsonl"));
  const areFiles = await Promise.all(journals.map((entry) => isFile(folder, entry)));
  const files = journals.filter((_, at) => areFiles[at]);
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !otherFolders.includes(entry.name));
  const here = files.map(({ name }) => ({
    file: join(folder, name),
    // One file names its folder's run; several are runs of their own.
    run: files.length === 1 ? below || top : join(below, withoutEnding(name)),
  }));
  const deeper = await Promise.all(folders.map(({ name }) => walk(join(folder, name), join(below, name), top)));
  return [...here, ...deeper.flat()];
}

async function isFile(folder: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return (await stat(join(folder, entry.name)).catch(() => undefined))?.isFile() ?? false;
}

function withoutEnding(name: string): string {
  return name.replace(/\.jsonl$/, "");
}
