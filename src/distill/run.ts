import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Json } from "../sandbox/types.ts";
import { lockFile } from "../trajectory/lock.ts";
import { restoreStage } from "./archive.ts";
import { outputOf, runStage, type Stage, type StageContext } from "./stage.ts";

/** What an experiment tells while it runs. */
export type ExperimentEvent =
  | { readonly type: "stage_start"; readonly stage: Stage; readonly number: number; readonly of: number; /** What is not done yet, this stage first. */ readonly left: readonly Stage[] }
  | { readonly type: "stage_end"; readonly stage: Stage; readonly number: number; readonly of: number; readonly output: Json; readonly cached: boolean };

export interface RunExperimentOptions extends StageContext {
  readonly onEvent: (event: ExperimentEvent) => void;
}

/**
 * Runs the stages that are not done yet, one after another. Killed at any moment, the next call goes on.
 *
 * @returns What the last stage gave.
 * @throws `stage_failed`, `adapter_mismatch`; `journal_locked` when another process runs it; `questions_missing` and `file_missing`
 * before anything is run; those of the rooms.
 */
export async function runExperiment(stages: readonly Stage[], out: string, options: RunExperimentOptions): Promise<Json | undefined> {
  const open = await Promise.all(stages.map(async (stage) => ((await outputOf(stage)) === undefined ? stage : undefined)));
  const missing = open.find((stage) => stage?.missing)?.missing;
  if (missing) throw missing;
  await mkdir(out, { recursive: true });
  const unlock = await lockFile(join(out, "experiment.lock"));
  try {
    let last: Json | undefined;
    for (const [index, stage] of stages.entries()) {
      await restoreStage(stage);
      options.signal.throwIfAborted();
      const at = { stage, number: index + 1, of: stages.length };
      const before = await outputOf(stage);
      if (before === undefined) options.onEvent({ type: "stage_start", ...at, left: open.slice(index).flatMap((each) => each ?? []) });
      last = before ?? (await runStage(stage, options));
      options.onEvent({ type: "stage_end", ...at, output: last, cached: before !== undefined });
    }
    return last;
  } finally {
    await unlock();
  }
}
