import { common, createEmphasize } from "emphasize";
import { colours } from "./colours.ts";

const emphasize = createEmphasize(common);

/** Python in colours, on a terminal that has them. */
export function highlightPython(code: string): string {
  return colours.isColorSupported ? emphasize.highlight("python", code).value : code;
}
