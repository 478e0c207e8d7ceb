import { ApprenticeError, messageOf } from "../errors.ts";
import { printable } from "./terminal/printable.ts";

/** Codes of errors that the caller mends by calling differently. */
const wrongUse = new Set([
  "benchmark_missing",
  "benchmark_unknown",
  "collect_changed",
  "config_invalid",
  "data_missing",
  "dialects_differ",
  "embedder_unknown",
  "experiment_invalid",
  "file_missing",
  "file_unreadable",
  "file_unwritable",
  "first_thoughts_invalid",
  "format_unknown",
  "host_unavailable",
  "import_invalid",
  "index_exists",
  "index_mismatch",
  "index_missing",
  "index_unwritable",
  "job_differs",
  "job_missing",
  "k_invalid",
  "merge_onto_input",
  "mode_unavailable",
  "model_unknown",
  "option_invalid",
  "out_not_empty",
  "passages_invalid",
  "port_taken",
  "preset_cannot",
  "prompt_unknown",
  "question_empty",
  "questions_invalid",
  "questions_missing",
  "run_labels_invalid",
  "tool_file",
  "tool_name",
  "tool_schema",
  "trajectory_missing",
  "vectors_invalid",
]);

/** 2 for wrong use, 1 for everything else that failed. */
export function exitStatus(error: unknown): 1 | 2 {
  return error instanceof ApprenticeError && wrongUse.has(error.code) ? 2 : 1;
}

/** Prints an error as one line; one that this package did not foresee comes with its stack. */
export function report(error: unknown): void {
  const text = error instanceof ApprenticeError ? messageOf(error) : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`apprentice: ${printable(text)}\n`);
}
