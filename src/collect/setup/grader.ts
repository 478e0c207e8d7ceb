import { extname } from "node:path";
import { ApprenticeError } from "../../errors.ts";
import type { Grader } from "../../grading/types.ts";
import { hasMethod, loadExport } from "./load-export.ts";

/** What `--grader` takes, for help. */
export const graderNames = "auto (by benchmark), math, exact or f1, or a module that exports a Grader";

/** Whether a grader is named by its module's file. */
export function isGraderModule(name: string): boolean {
  return extname(name) !== "";
}

/**
 * A grader by name, or from a module.
 *
 * @throws `option_invalid`, `file_unreadable`
 */
export async function loadGrader(name: string): Promise<Grader> {
  const { byBenchmark, exactMatchGrader, f1Grader, mathGrader } = await import("../../grading/index.ts");
  switch (name) {
    case "auto":
      return byBenchmark();
    case "math":
      return mathGrader;
    case "exact":
      return exactMatchGrader;
    case "f1":
      return f1Grader;
    default:
      if (!isGraderModule(name)) throw new ApprenticeError("option_invalid", `There is no grader "${name}": give ${graderNames}.`);
      return loadExport(name, "Grader", (value): value is Grader => hasMethod("grade")(value));
  }
}
