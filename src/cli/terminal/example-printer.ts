import type { TrainingExample } from "../../training/export/examples.ts";
import { colours } from "./colours.ts";
import { printable } from "./printable.ts";

/** A row of a training set: what is trained in green, or between ⟦ ⟧ where there are no colours; the rest dim. */
export function showExample({ id, segments, input_ids, trained }: TrainingExample, split: string): string {
  const count = trained.reduce((sum, [start, end]) => sum + end - start, 0);
  const mark = colours.isColorSupported ? colours.green : (text: string) => `⟦${text}⟧`;
  const text = segments.map((segment) => (segment.train ? mark(printable(segment.text)) : colours.dim(printable(segment.text)))).join("");
  return `${colours.bold(`── ${id} (${split}, ${count} of ${input_ids.length} tokens trained) ──`)}\n${text}\n`;
}
