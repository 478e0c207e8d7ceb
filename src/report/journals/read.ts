import { messageOf } from "../../errors.ts";
import { superseded } from "../../trajectory/latest.ts";
import { parseTrajectory } from "../../trajectory/parse.ts";
import type { Trajectory } from "../../trajectory/schema.ts";
import type { Journal } from "./find.ts";
import { readLines } from "./lines.ts";

/**
 * The trajectories of a journal that count: one for each run, as in evaluation, and none of a run that was interrupted. A line
 * that is no trajectory is a problem, said with its place. The journal is read twice, in memory for its ids.
 */
export async function* readJournal({ file }: Journal, signal?: AbortSignal): AsyncGenerator<{ readonly trajectory: Trajectory } | { readonly problem: string }> {
  const replaced = await superseded(linesOf(file, signal));
  for await (const { text, place } of linesOf(file, signal)) {
    const read = parsed(text);
    if (typeof read === "string") yield { problem: `${file}, byte ${place}: ${read}` };
    else if (read.outcome.type !== "aborted" && !replaced.has(place)) yield { trajectory: read };
  }
}

async function* linesOf(file: string, signal: AbortSignal | undefined): AsyncGenerator<{ text: string; place: number }> {
  for await (const { text, offset } of readLines(file)) {
    signal?.throwIfAborted();
    if (text.trim() !== "") yield { text, place: offset };
  }
}

/** A trajectory, or what is wrong with it. */
function parsed(line: string): Trajectory | string {
  try {
    return parseTrajectory(line);
  } catch (error) {
    return messageOf(error);
  }
}
