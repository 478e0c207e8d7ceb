import { readFile } from "node:fs/promises";
import { ApprenticeError, messageOf } from "../errors.ts";
import type { Json } from "../sandbox/types.ts";
import { writeJson } from "../write-json.ts";

/** What a collection was made with: it goes on only with the same. */
export type Settings = { readonly [name: string]: Json };

/**
 * Keeps the settings beside a journal, or compares them with those that are there.
 *
 * @throws `collect_changed` naming what differs.
 */
export async function keepSettings(path: string, settings: Settings): Promise<void> {
  const before = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new ApprenticeError("file_unreadable", `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  if (before === undefined) return writeJson(path, settings);
  const kept = parse(before, path);
  const changed = [...new Set([...Object.keys(kept), ...Object.keys(settings)])].filter((name) => JSON.stringify(kept[name]) !== JSON.stringify(settings[name]));
  if (changed.length === 0) return;
  const differences = changed.map((name) => `${name} was ${show(kept[name])} and is now ${show(settings[name])}`).join("; ");
  throw new ApprenticeError("collect_changed", `${path}: this collection was begun otherwise: ${differences}. Give the same options, or another folder.`);
}

function parse(text: string, path: string): Settings {
  try {
    return JSON.parse(text) as Settings;
  } catch (error) {
    throw new ApprenticeError("file_unreadable", `${path} is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

function show(value: Json | undefined): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}
