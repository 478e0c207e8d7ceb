import { parseTrajectory } from "./parse.ts";
import { finished, standingOf } from "./standing.ts";

/**
 * Which of some lines hold a record that another one with its id replaces, by their places. The last counts, but one that
 * failed never in place of one that did not, nor an interrupted one in place of either, nor a line that is no trajectory in
 * place of any. Takes memory for the ids.
 */
export async function superseded(lines: AsyncIterable<{ readonly text: string; readonly place: number }>): Promise<ReadonlySet<number>> {
  const counting = new Map<string, number>();
  // Of most runs the record that counts is one that ended by itself: only the others' standing is kept.
  const unfinished = new Map<string, number>();
  const replaced = new Set<number>();
  for await (const { text, place } of lines) {
    const head = recordHead(text);
    if (!head) continue;
    const before = counting.get(head.id);
    if (before !== undefined) {
      if (!isTrajectory(text)) continue;
      const isBetter = head.standing >= (unfinished.get(head.id) ?? finished);
      replaced.add(isBetter ? before : place);
      if (!isBetter) continue;
    }
    counting.set(head.id, place);
    if (head.standing === finished) unfinished.delete(head.id);
    else unfinished.set(head.id, head.standing);
  }
  return replaced;
}

/** What says which record a line holds, and how it stands. Undefined for a line that is no record. */
export function recordHead(line: string): { readonly id: string; readonly standing: number } | undefined {
  try {
    const { id, outcome } = (JSON.parse(line) as { id?: unknown; outcome?: { type?: unknown } | null } | null) ?? {};
    if (typeof id !== "string") return undefined;
    return { id, standing: standingOf(outcome?.type) };
  } catch {
    return undefined;
  }
}

function isTrajectory(line: string): boolean {
  try {
    parseTrajectory(line);
    return true;
  } catch {
    return false;
  }
}
