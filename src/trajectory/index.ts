export { committedToolCalls, countErrors, wasCutOff } from "./count.ts";
export {
  duplicateQuestion,
  type Filter,
  firstRejection,
  forcedAnswer,
  literal,
  paperFilters,
  parseError,
  type Rejection,
  tooLong,
  unfinished,
  wrong,
} from "./filter.ts";
export { exportAtif, importAtif } from "./formats/atif.ts";
export { exportReference, importReference } from "./formats/reference.ts";
export { type Journal, type JournalOptions, openJournal, type Repair } from "./journal.ts";
export { trajectoryJsonSchema } from "./json-schema.ts";
export { type Line, readLines } from "./lines.ts";
export { literalAnswer } from "./literal-answer.ts";
export { mergeJournals } from "./merge.ts";
export { overlaps, type TestSet } from "./overlap.ts";
export { parseTrajectory } from "./parse.ts";
export { type BadLine, type ReadOptions, readTrajectories } from "./read.ts";
export { type Savings, savings } from "./savings.ts";
export { schemaId, trajectorySchema } from "./schema.ts";
export { type Stats, statsOf } from "./stats.ts";
export { sumUsage } from "./usage.ts";
export { writeJsonLines } from "./write.ts";
export type {
  ActionStep,
  AttemptRecord,
  Candidate,
  FirstThought,
  GivenText,
  Grade,
  Outcome,
  QuestionRecord,
  Response,
  ResponseStep,
  Step,
  Trajectory,
  Vote,
} from "./schema.ts";
