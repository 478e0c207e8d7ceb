export { type Budget, collect, type CollectOptions, type CollectResult, type Progress } from "./collect.ts";
export { aimd, type CallOutcome, type Pace, paced, type PaceOptions } from "./pace.ts";
export { answerable, type QuestionFile, type QuestionProblem, type QuestionRange, readQuestions } from "./questions.ts";
export { regrade, type Regraded } from "./regrade.ts";
export type { Settings } from "./settings.ts";
export { inShard, parseShard, type Shard } from "./shard.ts";
