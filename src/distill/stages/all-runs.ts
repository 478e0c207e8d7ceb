import type { CollectResult } from "../../collect/collect.ts";
import { ofTheQuestion } from "../../collect/failures.ts";
import type { CollectSetup } from "../../collect/setup/collect-with.ts";
import { ApprenticeError } from "../../errors.ts";
import { cutOffNote } from "../../trajectory/count.ts";
import type { StageContext } from "../stage.ts";

/** How often runs that failed are repeated before the stage gives up. */
const REPEATS = 2;

type Hooks = Pick<CollectSetup, "openModel" | "signal" | "onNoPrefill" | "onProgress" | "onRepair">;

/** Runs a collection until nothing is left to do: what failed is repeated, since a stage that is done is never looked at again. */
export async function allRuns(begin: (hooks: Hooks) => Promise<CollectResult>, context: StageContext): Promise<object> {
  const { openModel, signal, onRepair } = context;
  let final = 0;
  const hooks: Hooks = {
    openModel,
    signal,
    ...(onRepair && { onRepair }),
    onProgress: (progress, trajectory) => {
      if (trajectory?.outcome.type === "error" && ofTheQuestion.includes(trajectory.outcome.code)) final += 1;
      context.onProgress({ type: "runs", progress });
    },
    onNoPrefill: (model) => context.onNote(`${model.id} cannot go on from a beginning that it is given: it acts without its first thought, and the records say so.`),
  };
  const once = async () => {
    final = 0;
    const result = await begin(hooks);
    const note = cutOffNote(result.cutOff, result.runs);
    if (note !== undefined) context.onNote(note);
    return result;
  };
  let result = await once();
  for (let repeat = 0; repeat < REPEATS && result.end === "done" && result.errors > final; repeat += 1) result = await once();
  signal.throwIfAborted();
  if (result.end === "failing") throw new ApprenticeError("stage_failed", `Run after run failed: ${result.error?.message ?? "the model cannot be had."}`);
  if (result.errors > final) throw new ApprenticeError("stage_failed", `${result.errors - final} runs failed again and again: see what they say in ${result.journal}. The same command repeats them.`);
  if (final > 0) context.onNote(`${final} runs can never succeed (${ofTheQuestion.join(", ")}): they count as without an answer. ${result.journal} has what they say.`);
  return { questions: result.questions, right: result.right, tokens: result.spent.tokens, dollars: result.spent.dollars };
}
