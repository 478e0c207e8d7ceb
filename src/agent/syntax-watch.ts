import type { Session } from "../sandbox/types.ts";
import type { AttemptRecord } from "../trajectory/schema.ts";
import type { Dialect } from "./dialect.ts";
import { dedent } from "./parse.ts";

/** Watches candidates being written, and tells of one whose code cannot become right any more. */
export function syntaxWatch(
  { fenceOpen, fenceClose }: Dialect,
  opening: Promise<Session>,
  onBroken: (candidate: number) => void,
): { look(candidate: number, text: string): void; error(candidate: number): AttemptRecord | undefined } {
  const checkedLines = new Map<number, number>();
  const checking = new Set<number>();
  const errors = new Map<number, AttemptRecord>();
  let session: Session | undefined;
  opening.then((opened) => (session = opened), () => undefined);

  const check = async (candidate: number, code: string): Promise<void> => {
    const issue = await session?.check(dedent(code));
    if (!issue || issue.incomplete || errors.has(candidate)) return;
    const { message, line } = issue;
    errors.set(candidate, { stdout: "", error: { kind: "syntax", name: "SyntaxError", message, line, stateLost: false }, toolCalls: [], ms: 0 });
    onBroken(candidate);
  };
  return {
    look(candidate, text) {
      if (!text.endsWith("\n") || checking.has(candidate)) return;
      const code = codeSoFar(text, fenceOpen, fenceClose);
      const lines = code?.split("\n").length ?? 0;
      if (code === undefined || lines <= (checkedLines.get(candidate) ?? 1)) return;
      checkedLines.set(candidate, lines);
      checking.add(candidate);
      void check(candidate, code).catch(() => undefined).finally(() => checking.delete(candidate));
    },
    error: (candidate) => errors.get(candidate),
  };
}

/** The whole lines of a block that is still open. */
function codeSoFar(text: string, fenceOpen: string, fenceClose: string): string | undefined {
  const open = text.lastIndexOf(`${fenceOpen}\n`);
  if (open < 0) return undefined;
  const code = text.slice(open + fenceOpen.length + 1);
  return code.includes(fenceClose) ? undefined : code;
}
