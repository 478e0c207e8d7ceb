/**
 * Every string of the text in which a model writes actions and reads observations.
 * Plain data, so that another format is another object.
 */
export interface Dialect {
  /** Opens a turn. */
  readonly thought: string;
  /** Stands before the code. */
  readonly code: string;
  /** Opens the code block, e.g. ```` ```py ````. */
  readonly fenceOpen: string;
  readonly fenceClose: string;
  /** Stands right after the closed block. */
  readonly end: string;
  /** A turn ends before the first of these. */
  readonly stop: readonly string[];
  readonly observation: string;
  /** Stands before what the code printed. */
  readonly logs: string;
  /** Stands before the value of the last statement. */
  readonly lastOutput: string;
  readonly error: string;
  /** Follows every error. */
  readonly retry: string;
  /** Opens the error for a turn without code. */
  readonly parseError: string;
  /** Closes the error for a turn without code. */
  readonly parseHint: string;
}

/** The format of the paper's agents and of its published students (appendix C). */
export const codeAct: Dialect = {
  thought: "Thought:",
  code: "Code:",
  fenceOpen: "```py",
  fenceClose: "```",
  end: "<end_code>",
  stop: ["<end_code>", "Observation:", "Calling tools:"],
  observation: "Observation:",
  logs: "Execution logs:",
  lastOutput: "Last output from code snippet:",
  error: "Error:",
  retry:
    "Now let's retry: take care not to repeat previous errors! If you have retried several times, try a completely different approach.",
  parseError: "Error in code parsing:",
  parseHint: "Make sure to provide correct code blobs.",
};
