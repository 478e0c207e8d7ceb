import { highlightPython } from "./highlight.ts";

/** Prints a turn as it is written: text at once, code line by line, so that it can be highlighted. */
export function turnPrinter(fence: string, write: (text: string) => void): { push(text: string): void; end(): void } {
  let line = "";
  let shown = 0;
  let inCode = false;

  const isFence = () => line.trimStart().startsWith(fence);
  const mayBecomeFence = () => fence.startsWith(line.trimStart());
  const flush = (newline: string) => {
    if (isFence()) inCode = !inCode;
    else if (inCode) write(`${highlightPython(line)}${newline}`);
    else write(`${line.slice(shown)}${newline}`);
    line = "";
    shown = 0;
  };

  return {
    push(text) {
      for (const char of text) {
        if (char === "\n") flush("\n");
        else line += char;
      }
      if (!inCode && line !== "" && !mayBecomeFence() && !isFence()) {
        write(line.slice(shown));
        shown = line.length;
      }
    },
    end() {
      if (line !== "") flush("\n");
    },
  };
}
