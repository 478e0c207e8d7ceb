import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ApprenticeError } from "./errors.ts";

let root: string | undefined;

/** The folder of this package's `package.json`: the same from `src/` and from `dist/`. */
export function packageRoot(): string {
  root ??= findRoot(dirname(fileURLToPath(import.meta.url)));
  return root;
}

function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file) && isOurs(file)) return folder;
    if (folder === dirname(folder)) {
      throw new ApprenticeError("package_root_missing", "No package.json of apprentice above this file: reinstall the package.");
    }
  }
}

function isOurs(file: string): boolean {
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  return typeof parsed === "object" && parsed !== null && "name" in parsed && parsed.name === "apprentice";
}
