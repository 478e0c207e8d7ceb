import { messageOf } from "../../errors.ts";
import { finished, recordHead, replaces } from "../../trajectory/latest.ts";
import { parseTrajectory } from "../../trajectory/parse.ts";
import type { Trajectory } from "../../trajectory/schema.ts";
import type { Journal } from "./find.ts";
import { readLines } from "./lines.ts";

/**
 * The trajectories of a journal that count: one for each run, as in evaluation, and none of a run that was interrupted. A line
 * that is no trajectory is a problem, said with its place. The journal is read twice; all that is kept of a run is its id.
 */
export async function* readJournal({ file }: Journal, signal?: AbortSignal): AsyncGenerator<{ readonly trajectory: Trajectory } | { readonly problem: string }> {
  const places = await countingRecords(file, signal);
  for await (const { text, offset } of readLines(file)) {
    signal?.throwIfAborted();
    if (text.trim() === "") continue;
    const read = parsed(text);
    if (typeof read === "string") yield { problem: `${file}, byte ${offset}: ${read}` };
    else if (read.outcome.type !== "aborted" && places.get(read.id) === offset) yield { trajectory: read };
  }
}

/** Where, in bytes, the record of each run begins that counts. A line that stands alone is not checked. */
async function countingRecords(file: string, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, number>> {
  const places = new Map<string, number>();
  // Of most runs the record that counts is one that ended by itself: only the others' standing is kept.
  const unfinished = new Map<string, number>();
  for await (const { text, offset } of readLines(file)) {
    signal?.throwIfAborted();
    const head = recordHead(text);
    if (!head) continue;
    const isKnown = places.has(head.id);
    if (!replaces(head.standing, isKnown ? (unfinished.get(head.id) ?? finished) : undefined)) continue;
    if (isKnown && typeof parsed(text) === "string") continue;
    places.set(head.id, offset);
    if (head.standing === finished) unfinished.delete(head.id);
    else unfinished.set(head.id, head.standing);
  }
  return places;
}

/** A trajectory, or what is wrong with it. */
function parsed(line: string): Trajectory | string {
  try {
    return parseTrajectory(line);
  } catch (error) {
    return messageOf(error);
  }
}
