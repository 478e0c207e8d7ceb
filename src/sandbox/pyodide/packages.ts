/** Reads the wheels that go into an interpreter. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { ApprenticeError, messageOf } from "../../errors.ts";
import { packageRoot } from "../../package-root.ts";
import { pinnedWheels } from "./wheels.ts";
import { listZip } from "./zip.ts";
import type { Wheel } from "./protocol.ts";

export interface LoadedWheel extends Wheel {
  readonly sha256: string;
}

/** The wheels that every sandbox has. Throws `package_missing` and `package_corrupt`. */
export function loadPinnedWheels(): Promise<LoadedWheel[]> {
  const folder = join(packageRoot(), "dist", "wheels");
  return Promise.all(
    pinnedWheels.map(async ({ file, sha256 }) => {
      const wheel = await loadWheel(join(folder, file));
      if (wheel.sha256 === sha256) return wheel;
      throw new ApprenticeError("package_corrupt", `${file} does not have its pinned sha256: build or reinstall the package.`);
    }),
  );
}

/** Throws `package_missing` and `package_invalid`. */
export async function loadWheel(path: string): Promise<LoadedWheel> {
  if (!path.endsWith(".whl")) {
    throw new ApprenticeError("package_invalid", `"${path}" is not a wheel: give the path of a .whl file.`);
  }
  let file: Buffer;
  try {
    file = await readFile(path);
  } catch (error) {
    throw new ApprenticeError("package_missing", `Cannot read the wheel "${path}": ${messageOf(error)}`, { cause: error });
  }
  // Shared, so that all workers read one copy.
  const bytes = new Uint8Array(new SharedArrayBuffer(file.length));
  bytes.set(file);
  const names = entriesOf(path, file);
  return {
    name: basename(path),
    bytes,
    sha256: createHash("sha256").update(file).digest("hex"),
    imports: topLevelModules(names),
    extensions: names.flatMap((name) => /^([\w/]+)\.cpython-[\w-]+\.so$/.exec(name)?.[1]?.replaceAll("/", ".") ?? []),
  };
}

function entriesOf(path: string, file: Uint8Array): string[] {
  try {
    return listZip(file);
  } catch (error) {
    throw new ApprenticeError("package_invalid", `"${path}" is not a wheel: ${messageOf(error)}`, { cause: error });
  }
}

function topLevelModules(entries: readonly string[]): string[] {
  const packages = entries.flatMap((entry) => /^([A-Za-z_]\w*)\/__init__\.py$/.exec(entry)?.[1] ?? []);
  const modules = entries.flatMap((entry) => /^([A-Za-z_]\w*)\.py$/.exec(entry)?.[1] ?? []);
  // isympy is sympy's shell: importing it starts one.
  return [...packages, ...modules].filter((name) => name !== "isympy");
}
