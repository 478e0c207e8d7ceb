import { parseTrajectory } from "../../trajectory/parse.ts";
import { readLines } from "./lines.ts";

/**
 * Where, in bytes, the record of each run begins that counts: the last trajectory of several with one id, and of those that
 * were not interrupted. All that is kept of a run is its id and this place. A line that stands alone is not checked.
 */
export async function latestRecords(file: string, signal?: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const places = new Map<string, number>();
  for await (const { text, offset } of readLines(file)) {
    signal?.throwIfAborted();
    const { id, outcome } = fields(text);
    if (typeof id !== "string" || outcome?.type === "aborted") continue;
    if (!places.has(id) || isTrajectory(text)) places.set(id, offset);
  }
  return places;
}

function isTrajectory(line: string): boolean {
  try {
    parseTrajectory(line);
    return true;
  } catch {
    return false;
  }
}

function fields(line: string): { readonly id?: unknown; readonly outcome?: { readonly type?: unknown } | null } {
  try {
    return (JSON.parse(line) as object | null) ?? {};
  } catch {
    return {};
  }
}
