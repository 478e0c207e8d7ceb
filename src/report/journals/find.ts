import { readdir, stat } from "node:fs/promises";
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
 * The `.jsonl` files of a path, and of the folders below it. Hidden folders, `node_modules` and first thoughts are passed over.
 *
 * @throws `file_missing` when a path does not exist.
 */
export async function findJournals(paths: readonly string[]): Promise<Journal[]> {
  const found = await Promise.all(paths.map((path) => journalsOf(path)));
  return found.flat();
}

async function journalsOf(path: string): Promise<Journal[]> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry) throw new ApprenticeError("file_missing", `There is no ${path}: give a .jsonl file or a folder of them.`);
  const name = basename(resolve(path));
  if (!entry.isDirectory()) return [{ file: path, run: withoutEnding(name) }];
  return walk(path, "", name);
}

async function walk(folder: string, below: string, top: string): Promise<Journal[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl"));
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !otherFolders.includes(entry.name));
  const here = files.map(({ name }) => ({
    file: join(folder, name),
    // One file names its folder's run; several are runs of their own.
    run: files.length === 1 ? below || top : join(below, withoutEnding(name)),
  }));
  const deeper = await Promise.all(folders.map(({ name }) => walk(join(folder, name), join(below, name), top)));
  return [...here, ...deeper.flat()];
}

function withoutEnding(name: string): string {
  return name.replace(/\.jsonl$/, "");
}
