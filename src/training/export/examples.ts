import type { Trajectory } from "../../trajectory/schema.ts";
import { type Conversation, type ConversationOptions, isCodeless, type SourceKind, toConversation } from "./conversation.ts";
import { type Segment, segmentTurns, type SegmentedRow, type Unit } from "./segments.ts";
import type { Student } from "./student.ts";

/** One row of a training set. */
export interface TrainingExample {
  /** The trajectory's id, and `#step` in a row of one step. */
  readonly id: string;
  readonly trajectory: string;
  readonly question: string;
  readonly kind: SourceKind;
  readonly segments: readonly Segment[];
  /** The segments' tokens, by the student's own tokenizer. */
  readonly input_ids: readonly number[];
  /** Half-open ranges of `input_ids` that are in the loss. */
  readonly trained: readonly (readonly [start: number, end: number])[];
}

/** Why a trajectory, or a row of it, is not in the set. */
export type SkipReason = "wrong" | "no_answer" | "failed" | "parse_error" | "control_tokens" | "template" | "too_long" | "duplicate";

/** Of a row, in tokens (appendix C's reference). */
export const defaultMaxLength = 10_240;

export interface ExampleOptions extends ConversationOptions {
  /** `correct`: not those graded wrong (default). `all`: those, too. Runs without an answer are never kept. */
  readonly keep?: "correct" | "all";
  /** Default: `trajectory`. */
  readonly unit?: Unit;
  /** Longer rows are left out. In tokens. Default: 10240. */
  readonly maxLength?: number;
}

export interface Exported {
  readonly conversation: Conversation;
  readonly rows: readonly (SegmentedRow & { readonly example: TrainingExample })[];
  readonly skipped: readonly SkipReason[];
}

/** The training rows of one trajectory, or why there are none. */
export function toExamples(trajectory: Trajectory, student: Student, options: ExampleOptions = {}): Exported {
  const conversation = toConversation(trajectory, options);
  const reason = unfit(trajectory, options) ?? (conversation.turns.some(({ content }) => student.spellsControl(content)) ? "control_tokens" : undefined);
  const segmented = reason === undefined ? segmentTurns(conversation.turns, student, options.unit ?? "trajectory") : undefined;
  if (!segmented) return { conversation, rows: [], skipped: [reason ?? "template"] };

  const rows = segmented.map((row) => ({ ...row, example: toExample(trajectory, conversation.kind, row, student) }));
  const fitting = rows.filter(({ example }) => example.input_ids.length <= (options.maxLength ?? defaultMaxLength));
  return { conversation, rows: fitting, skipped: rows.slice(fitting.length).map(() => "too_long") };
}

function unfit(trajectory: Trajectory, { keep = "correct", parseErrors = "drop" }: ExampleOptions): SkipReason | undefined {
  const { outcome, grade, steps } = trajectory;
  if (outcome.type === "error" || outcome.type === "aborted") return "failed";
  if (outcome.type === "no_answer") return "no_answer";
  if (keep === "correct" && grade?.correct === false) return "wrong";
  if (parseErrors === "drop" && steps.some((step) => step.kind === "action" && isCodeless(step))) return "parse_error";
  return undefined;
}

function toExample(trajectory: Trajectory, kind: SourceKind, row: SegmentedRow, student: Student): TrainingExample {
  const encoded = student.encode(row.segments.map(({ text }) => text));
  const trained: [number, number][] = [];
  let length = 0;
  for (const [index, ids] of encoded.entries()) {
    if (row.segments[index]?.train) trained.push([length, length + ids.length]);
    length += ids.length;
  }
  return {
    id: row.unit === "step" ? `${trajectory.id}#${row.step ?? 0}` : trajectory.id,
    trajectory: trajectory.id,
    question: trajectory.question.id,
    kind,
    segments: row.segments,
    input_ids: encoded.flat(),
    trained,
  };
}
