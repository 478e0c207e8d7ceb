import { open, rename } from "node:fs/promises";

/** Writes JSON to a file: it is on disk as a whole when this resolves, and a kill before leaves what was there. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await using file = await open(`${path}.part`, "w");
  await file.writeFile(`${JSON.stringify(value, undefined, 2)}\n`);
  await file.sync();
  await rename(`${path}.part`, path);
}
