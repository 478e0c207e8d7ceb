import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Grader } from "../../grading/types.ts";
import { type ModelOpener, sequencesFor } from "../../model/open.ts";
import { defaultRequests } from "../../model/openai/options.ts";
import type { ChatModel } from "../../model/types.ts";
import { sampled } from "../../sampling/index.ts";
import { type CollectOptions, type CollectResult, collect } from "../collect.ts";
import { aimd, paced } from "../pace.ts";
import type { Settings } from "../settings.ts";
import { journalName } from "../shard.ts";
import { firstThoughtsOf } from "./first-thoughts.ts";
import { readSolver, type SolverSetup } from "./solver.ts";

type Engine = Pick<CollectOptions, "questions" | "out" | "attempts" | "until" | "seed" | "shard" | "budget" | "onProgress" | "onRepair">;

/** A collection whose model and solver are named, not made. */
export interface CollectSetup extends Engine {
  readonly solver: SolverSetup;
  readonly grader: Grader;
  /** How tries after the first are drawn. Default: as the first. */
  readonly retry?: { readonly temperature: number; readonly topP: number };
  /** What the folder goes on only with. Default: all of this. `any`: the caller has seen to it. */
  readonly settings?: "any";
  /** Questions in flight; `auto`: as many as the server takes, up to 256. Default: 4. */
  readonly concurrency?: number | "auto";
  readonly openModel: ModelOpener;
  /** Called when first thoughts are wanted and the model cannot take them. */
  readonly onNoPrefill?: (model: ChatModel) => void;
  readonly signal: AbortSignal;
}

/** Questions in flight where nothing is said. */
export const defaultConcurrency = 4;

/** With `auto`: more than any server takes, so that the pace alone decides. */
const MANY = 256;

/**
 * Opens what a setup names and collects with it. First thoughts are kept beside the journal.
 *
 * @throws those of `collect`, `readSolver` and `openModel`.
 */
export async function collectWith(setup: CollectSetup): Promise<CollectResult> {
  const { solver, grader, retry, settings, concurrency = defaultConcurrency, openModel, onNoPrefill, signal, ...engine } = setup;
  await using readied = await readSolver(solver, signal);
  const kept = settings === "any" ? {} : { settings: await settingsOf(setup) };
  const opened = await openModel(solver.model, { adapters: solver.adapter ?? [], sequences: sequencesFor(concurrency, solver.samples), concurrency: callsFor(concurrency), signal });
  try {
    const model = concurrency === "auto" ? paced(opened, aimd({ max: MANY })) : opened;
    const { thoughts, store } = await firstThoughtsOf(solver, model, join(engine.out, "first-thoughts", `${journalName(engine.shard)}.jsonl`));
    try {
      if (thoughts && model.can.prefill === "none") onNoPrefill?.(model);
      const maker = readied.for(model, thoughts);
      const first = maker();
      const further = retry ? maker({ sampler: sampled(retry), ...retry }) : first;
      return await collect({
        ...engine,
        solver: (attempt) => (attempt === 0 ? first : further),
        grader,
        inFlight: concurrency === "auto" ? MANY : concurrency,
        ...kept,
        signal,
      });
    } finally {
      await store?.close();
    }
  } finally {
    await opened.dispose?.();
  }
}

/** Calls to a server: each question in flight has one, or a few for its samples. */
function callsFor(concurrency: number | "auto"): number {
  return concurrency === "auto" ? MANY : Math.max(defaultRequests, concurrency);
}

/** What makes runs comparable: a collection goes on only with the same. */
async function settingsOf({ solver: setup, grader, retry, seed = 0 }: CollectSetup): Promise<Settings> {
  const { model, adapter = [], solver, samples, prompt = "", tool = [], config, index, retriever, maxSteps = 0, maxTokens = 0, timeLimit, firstThought = false, firstThoughtsFrom = "", guided = false, forceCode = false, temperature, topP } = setup;
  return {
    model,
    adapter: adapter.join(" "),
    solver,
    ...(samples !== undefined && { samples }),
    prompt,
    tool: tool.join(" "),
    config: config === undefined ? "" : createHash("sha256").update(await readFile(config)).digest("hex").slice(0, 16),
    ...(index !== undefined && { index }),
    ...(retriever !== undefined && { retriever }),
    maxSteps,
    maxTokens,
    ...(timeLimit !== undefined && { timeLimit }),
    firstThought,
    firstThoughtsFrom,
    guided,
    forceCode,
    seed,
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(retry && { retryTemperature: retry.temperature, retryTopP: retry.topP }),
    grader: grader.id,
  };
}
