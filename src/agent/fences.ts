import type { Dialect } from "./dialect.ts";

/** A fenced block of a turn. */
export interface Block {
  /** By its tag. */
  readonly language: "python" | "other" | "unsaid";
  readonly text: string;
  /** Where its opening line begins. */
  readonly start: number;
}

const pythonTags = /^(?:i?py(?:thon)?[\d.]*|code|tool_code)$/i;

/**
 * The blocks of a turn, in order. A fence opens a block and the next one closes it; one with a tag of its own on a line of its own
 * closes it and opens another. The end of the last block may be missing, and a block may be on one line.
 */
export function fencedBlocks(turn: string, { code, fenceOpen, fenceClose }: Dialect): Block[] {
  const fence = fenceOpen.startsWith(fenceClose) ? fenceClose : fenceOpen;
  const ownTag = fenceOpen.slice(fence.length);
  const languageOf = (tag: string) => (tag === ownTag || pythonTags.test(tag) ? "python" : tag === "" ? "unsaid" : "other");
  const blocks: Block[] = [];
  let open: { readonly start: number; readonly tag: string; readonly lines: string[] } | undefined;
  const close = () => {
    if (open) blocks.push({ language: languageOf(open.tag), text: open.lines.join("\n"), start: open.start });
    open = undefined;
  };
  let next = 0;
  for (const line of turn.split("\n")) {
    const start = next;
    next += line.length + 1;
    const bare = line.trimStart();
    const text = !open && bare.startsWith(code) ? bare.slice(code.length).trimStart() : bare;
    if (open && text.startsWith(fenceClose)) {
      close();
      const tag = text.slice(fence.length).trim();
      if (text.startsWith(fence) && /^[\w.+-]+$/.test(tag)) open = { start, tag, lines: [] };
    } else if (open) {
      open.lines.push(line);
    } else if (text.startsWith(fence)) {
      const info = text.slice(fence.length).trimEnd();
      const tag = /^\s*[\w.+-]*$/.test(info) ? info.trim() : /^[\w.+-]*(?=\s)/.exec(info)?.[0];
      // A fence with something else right behind it is quoted in prose.
      if (tag === undefined) continue;
      const [inside = "", after] = info.slice(info.indexOf(tag) + tag.length).split(fenceClose, 2);
      open = { start, tag, lines: inside.trim() === "" ? [] : [inside] };
      if (after !== undefined) close();
    }
  }
  close();
  return blocks;
}
