/**
 * Build step: puts the pinned wheels into `dist/wheels/`, checked by sha256. Fetched once per user, then cached.
 *
 * Run it as `node src/sandbox/pyodide/fetch-wheels.ts`.
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../../cache-dir.ts";
import { packageRoot } from "../../package-root.ts";
import { pinnedWheels, type PinnedWheel } from "./wheels.ts";

const cache = join(cacheDir(), "sandbox", "wheels");
const target = join(packageRoot(), "dist", "wheels");

try {
  mkdirSync(target, { recursive: true });
  for (const wheel of pinnedWheels) {
    const placed = join(target, wheel.file);
    if (matches(placed, wheel)) continue;
    copyFileSync(cached(wheel), placed);
  }
} catch (error) {
  console.error(`fetch-wheels: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function cached(wheel: PinnedWheel): string {
  const file = join(cache, wheel.file);
  if (matches(file, wheel)) return file;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "download-"));
  try {
    download(wheel, folder);
    if (!matches(join(folder, wheel.file), wheel)) throw new Error(`${wheel.file} does not have the pinned sha256.`);
    renameSync(join(folder, wheel.file), file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return file;
}

function download(wheel: PinnedWheel, folder: string): void {
  const pinned = `${wheel.package}==${wheel.version}`;
  const python = process.platform === "win32" ? "python" : "python3";
  try {
    const args = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder, pinned];
    execFileSync(python, args, { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    const detail = String((error as { stderr?: Buffer }).stderr ?? "").trim().split("\n").at(-1) ?? "";
    throw new Error(`"${python} -m pip download ${pinned}" failed: install Python 3 with pip, then build again. ${detail}`, { cause: error });
  }
}

function matches(file: string, wheel: PinnedWheel): boolean {
  return existsSync(file) && createHash("sha256").update(readFileSync(file)).digest("hex") === wheel.sha256;
}
