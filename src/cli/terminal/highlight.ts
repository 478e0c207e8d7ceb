import { common, createEmphasize } from "emphasize";
import { colours } from "./colours.ts";

const emphasize = createEmphasize(common);

/** Python in colours, on a terminal that has them. */
export function highlightPython(code: string): string {
  return colours.isColorSupported ? emphasize.highlight("python", code).value : code;
}

/** Text without the control characters by which a model could drive the terminal. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\uFFFD");
}
