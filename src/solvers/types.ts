import type { Candidate, QuestionRecord, Response, Step, Trajectory } from "../trajectory/schema.ts";
import type { Attempt, Json } from "../sandbox/types.ts";

/** Something to answer. */
export interface Question {
  /** Stable name. Default: a hash of the text. */
  readonly id?: string;
  readonly text: string;
  /** The reference answer, for grading; never shown to the model. */
  readonly answer?: string;
  /** A worked solution; shown to a teacher that is guided by it, to no one else. */
  readonly solution?: string;
  /** What else the question file says, e.g. level and subject; kept in records. */
  readonly metadata?: { readonly [name: string]: Json };
}

export interface SolveOptions {
  /** Default: 0. */
  readonly seed?: number;
  /** 0-based number of the try at this question. Default: 0. */
  readonly attempt?: number;
  /** Ends the run early; its trajectory says `aborted`. */
  readonly signal?: AbortSignal;
}

/** What happens in a run, in order. Plain data. */
export type RunEvent =
  | { readonly type: "run_start"; readonly question: QuestionRecord; readonly solver: string; readonly model: string }
  | { readonly type: "step_start"; readonly step: number; readonly kind: Step["kind"] }
  /** More text of a candidate's turn. */
  | { readonly type: "text_delta"; readonly step: number; readonly candidate: number; readonly text: string }
  /** A candidate's turn is written and parsed. */
  | { readonly type: "candidate_end"; readonly step: number; readonly candidate: Candidate }
  /** A candidate's code was run: the candidate that `attempt.index` says. */
  | { readonly type: "attempt_end"; readonly step: number; readonly attempt: Attempt }
  /** A chain of thought is written and its answer read. */
  | { readonly type: "response_end"; readonly step: number; readonly response: Response }
  | { readonly type: "step_end"; readonly step: Step }
  | { readonly type: "run_end"; readonly trajectory: Trajectory };

/** A run under way: its events, readable any number of times from the first, and its record. */
export interface Run extends AsyncIterable<RunEvent> {
  /** Never rejects for what a model or its code did: that is in `outcome`. */
  readonly result: Promise<Trajectory>;
}

/** Anything that answers a question. */
export interface Solver {
  /** Named in records, e.g. `agent`. */
  readonly id: string;
  solve(question: Question, options?: SolveOptions): Run;
}
