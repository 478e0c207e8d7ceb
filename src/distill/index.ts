export { saveStage } from "./archive.ts";
export { type Estimate, total } from "./estimate.ts";
export { type Experiment, experimentJsonSchema, experimentSchema } from "./experiment.ts";
export { planExperiment } from "./plan.ts";
export { type ExperimentFile, parseExperiment, readExperiment } from "./read.ts";
export { type ExperimentEvent, runExperiment, type RunExperimentOptions } from "./run.ts";
export { selectStages } from "./select.ts";
export { outputOf, type Stage, type StageContext, type StageKind, type StageProgress } from "./stage.ts";
export type { ExperimentResult } from "./stages/report.ts";
