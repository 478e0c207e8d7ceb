import type { Trajectory } from "../../trajectory/schema.ts";
import type { Exported } from "../export/examples.ts";
import type { Unit } from "../export/segments.ts";
import type { Student } from "../export/student.ts";
import type { Hyperparameters } from "../hyperparameters.ts";

/** One trajectory on its way into a training set. */
export interface Source extends Exported {
  readonly trajectory: Trajectory;
  readonly student: Student;
  /** Rows of `rows` that are no duplicates and are kept. Empty for a trajectory that is not. */
  readonly rows: Exported["rows"];
}

/** One line of a preset's file. Lines of the same id are written once. */
export interface PresetRow {
  readonly id: string;
  readonly row: object;
}

/** What a trainer's configuration is made from. */
export interface ConfigContext {
  /** Named by the user, or the catalogue name or file that the text was made for. */
  readonly baseModel: string;
  readonly student: Pick<Student, "id" | "template">;
  readonly hyperparameters: Hyperparameters;
  /** Of the rows that are in the set. */
  readonly unit: Unit;
  /** Tokens of the longest row that may be in the set. */
  readonly maxLength: number;
  readonly hasValidation: boolean;
}

/** A format that a trainer reads: its data, and the configuration that fits the data. */
export interface Preset {
  readonly name: string;
  /** One line: what it is for. */
  readonly description: string;
  rows(source: Source): readonly PresetRow[];
  /** Files beside the data, by name. */
  config(context: ConfigContext): Readonly<Record<string, string>>;
}
