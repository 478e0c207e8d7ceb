import type { KnownFile } from "../../eval/index.ts";

const patterns: readonly (readonly [RegExp, KnownFile["set"]])[] = [
  [/hotpot.*train|train.*hotpot|hotpotqa_1000/, "hotpotqa_train"],
  [/math_medium/, "math_medium"],
  [/math_hard|math_1000/, "math_hard"],
  [/hotpot/, "hotpotqa"],
  [/olym/, "olymmath"],
  [/gsm_?hard/, "gsm_hard"],
  [/aime/, "aime"],
  [/musique/, "musique"],
  [/bamboogle/, "bamboogle"],
  [/2wiki/, "2wikimultihopqa"],
  [/math_?500/, "math_500"],
];

/** The benchmark or training set that a label or a folder's name means, e.g. `MATH-500` or `runs/gsm_hard_500`; the name itself when it is none of the paper's. */
export function benchmarkOf(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
  return patterns.find(([pattern]) => pattern.test(plain))?.[1] ?? (plain === "math" ? "math_500" : name);
}
