import type { Dialect } from "./dialect.ts";
import { fencedBlocks } from "./fences.ts";

/** What a turn says: a thought and code, or why no code was found in it. */
export type Action =
  | { readonly ok: true; readonly thought: string; readonly code: string }
  | { readonly ok: false; readonly thought: string; readonly message: string };

/**
 * Reads a model's turn. Forgiving: the language tag, the end of the block and the end tag may be missing, text may
 * follow the block, and several blocks are joined; without any, what follows a line with the marker for code alone is code.
 * Blocks of other languages, and prose anywhere else, are never taken for code.
 */
export function parseAction(text: string, dialect: Dialect): Action {
  const turn = cutAt(text, dialect.end);
  const blocks = fencedBlocks(turn, dialect).map((block) => ({ ...block, code: dedent(block.text) })).filter(({ code }) => code !== "");
  const tagged = blocks.filter(({ language }) => language === "python");
  const chosen = tagged.length > 0 ? tagged : blocks.filter(({ language }) => language === "unsaid");
  if (chosen[0]) return { ok: true, thought: thoughtOf(turn.slice(0, chosen[0].start), dialect), code: chosen.map(({ code }) => code).join("\n\n") };
  // Prose may follow the marker on its line; code without a fence begins on the next.
  const marker = turn.search(new RegExp(`^[ \\t]*${escape(dialect.code)}[ \\t]*$`, "m"));
  const unfenced = marker < 0 ? "" : dedent(cutAt(turn.slice(turn.indexOf(dialect.code, marker) + dialect.code.length), dialect.fenceClose));
  if (unfenced !== "") return { ok: true, thought: thoughtOf(turn.slice(0, marker), dialect), code: unfenced };
  return {
    ok: false,
    thought: thoughtOf(turn, dialect),
    message: turn.trim() === "" ? "Your turn is empty." : "Your turn has no code block.",
  };
}

/** The turn as it goes into the conversation: trimmed, its last block closed by the end tag. */
export function finishTurn(text: string, dialect: Dialect): string {
  const turn = text.trim();
  return turn.endsWith(dialect.fenceClose) && turn !== dialect.fenceClose ? turn + dialect.end : turn;
}

function thoughtOf(text: string, dialect: Dialect): string {
  const marker = text.lastIndexOf(dialect.code);
  const before = (marker >= 0 && text.slice(marker + dialect.code.length).trim() === "" ? text.slice(0, marker) : text).trim();
  return before.startsWith(dialect.thought) ? before.slice(dialect.thought.length).trim() : before;
}

function cutAt(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
}

/** Takes off blank lines around the code and the indentation that all its lines share. */
export function dedent(code: string): string {
  const lines = code.replace(/^(?:[ \t]*\n)+/, "").trimEnd().split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => /^[ \t]*/.exec(line)?.[0] ?? "");
  const shared = indents.reduce((a, b) => (b.startsWith(a) ? a : a.startsWith(b) ? b : ""), indents[0] ?? "");
  return lines.map((line) => (line.startsWith(shared) ? line.slice(shared.length) : line)).join("\n");
}

function escape(literal: string): string {
  return literal.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
