import type { CollectResult } from "../collect/collect.ts";
import type { CollectSetup } from "../collect/setup/collect-with.ts";
import type { Trajectory } from "../trajectory/schema.ts";
import { openNamedModel } from "./model-option.ts";
import { printJson } from "./options.ts";
import { warnWithoutPrefill } from "./solver-option.ts";
import { collectBar } from "./terminal/collect-bar.ts";

/** What a command shows of a collection, and when it ends. */
interface Shown {
  readonly json: boolean;
  readonly signal: AbortSignal;
}

type Hooks = Pick<CollectSetup, "openModel" | "onNoPrefill" | "onRepair" | "onProgress" | "signal">;

/** Runs a collection with its progress on stderr. Its last line goes to stdout, as do its runs with `json`. */
export async function runCollection(begin: (hooks: Hooks) => Promise<CollectResult>, { json, signal }: Shown): Promise<CollectResult> {
  const bar = collectBar();
  try {
    const result = await begin({
      openModel: openNamedModel,
      onNoPrefill: warnWithoutPrefill,
      signal,
      onRepair: ({ path, droppedBytes }) => process.stderr.write(`apprentice: ${path}: the last writer was killed; its unfinished last line (${droppedBytes} bytes) was cut off.\n`),
      onProgress(progress, trajectory) {
        bar.update(progress);
        if (trajectory && json) printJson(summaryOf(trajectory));
      },
    });
    bar.stop();
    if (json) printJson({ type: "end", ...result });
    else process.stdout.write(`${closing(result)}\n`);
    return result;
  } finally {
    bar.stop();
  }
}

/** 130 when it was interrupted, 1 when something failed. */
export function statusOf({ end, errors }: CollectResult): number {
  if (end === "interrupted") return 130;
  return end === "failing" || errors > 0 ? 1 : 0;
}

function summaryOf({ id, question, attempt, outcome, grade, usage, ms }: Trajectory): object {
  return { type: "run", id, question: question.id, attempt, outcome: outcome.type, ...(grade && { correct: grade.correct }), usage, ms };
}

function closing({ end, finished, questions, right, runs, errors, spent, ms, journal, error }: CollectResult): string {
  const words = {
    done: errors > 0 ? `Done, but for ${errors} runs that failed: the same command repeats them.` : "Done.",
    budget: "The budget is spent: the same command with a larger one goes on.",
    interrupted: "Interrupted: the same command goes on.",
    failing: `Stopped, since run after run failed: ${error?.message ?? ""} The same command goes on.`,
  };
  return `${words[end]} ${finished} of ${questions} questions, ${right} right, ${runs} runs in ${(ms / 1000).toFixed(0)} s, ${spent.tokens} tokens in all: ${journal}`;
}
