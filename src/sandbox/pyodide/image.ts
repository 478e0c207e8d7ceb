/** What every interpreter of one sandbox starts from: wheels, and the memory of a booted interpreter. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { ApprenticeError, messageOf } from "../../errors.ts";
import { packageRoot } from "../../package-root.ts";
import { loadPinnedWheels, loadWheel, type LoadedWheel } from "./packages.ts";
import { readSnapshot, shareSnapshot } from "./snapshot.ts";
import { pinnedWheels } from "./wheels.ts";

export interface Image {
  /** Hash of all that makes it what it is. */
  readonly key: string;
  readonly wheels: readonly LoadedWheel[];
  /** Absent when a package cannot be in a snapshot: then each interpreter boots from nothing. */
  readonly snapshot?: Uint8Array;
}

export interface ImageOptions {
  readonly packages: readonly string[];
  readonly cacheFolder: string;
}

/** `takeSnapshot` boots an interpreter once and gives its memory. */
export async function loadImage(
  { packages, cacheFolder }: ImageOptions,
  takeSnapshot: (image: Image) => Promise<Uint8Array>,
): Promise<Image> {
  const folder = pyodideFolder();
  const loadingPinned = loadPinnedWheels();
  // Awaited only after steps that may fail first.
  loadingPinned.catch(() => {});
  const [given, worker, loader] = await Promise.all([
    Promise.all(packages.map(loadWheel)),
    readBuilt(entryFile("worker")),
    readFile(join(folder, "pyodide.mjs")),
  ]);
  // The loader names Pyodide's build; the worker file, or the name of a file that it imports, changes with the harness and
  // the list of preloaded modules.
  const wheelKeys = [...pinnedWheels, ...given].map(({ sha256 }) => sha256);
  const key = keyOf([loader, worker, process.versions.v8, process.arch, ...wheelKeys]);
  const image = async (): Promise<Image> => ({ key, wheels: [...(await loadingPinned), ...given] });
  if (given.some((wheel) => wheel.extensions.length > 0)) return image();

  const cached = await readSnapshot(cacheFolder, key);
  if (cached) return { ...(await image()), snapshot: cached };
  const taken = await takeSnapshot(await image());
  return { ...(await image()), snapshot: await shareSnapshot(cacheFolder, key, taken) };
}

/** Folder of the `pyodide` package, with a trailing separator. */
export function pyodideFolder(): string {
  const require = createRequire(join(packageRoot(), "package.json"));
  return dirname(require.resolve("pyodide")) + sep;
}

/** Where an interpreter's own thread or process begins, as built: also when this file runs from `src/`. */
export function entryFile(tier: "worker" | "process"): string {
  return join(packageRoot(), "dist", `sandbox-${tier}.js`);
}

async function readBuilt(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new ApprenticeError("sandbox_not_built", `${messageOf(error)}: run "npm run build" first.`, { cause: error });
  }
}

function keyOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(createHash("sha256").update(part).digest());
  return hash.digest("hex").slice(0, 24);
}
