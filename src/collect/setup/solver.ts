import { createAgent } from "../../agent/agent.ts";
import type { ChatModel } from "../../model/types.ts";
import type { Retriever } from "../../retrieval/types.ts";
import { sag, type Sampler } from "../../sampling/index.ts";
import { chainOfThought } from "../../solvers/chain-of-thought.ts";
import type { FirstThoughts } from "../../solvers/first-thought.ts";
import type { Solver } from "../../solvers/types.ts";
import { webSearch } from "../../tools/web-search.ts";
import { namedPrompts, readConfig } from "./agent-config.ts";
import { hasMethod, loadExport } from "./load-export.ts";
import { loadTools } from "./tool-file.ts";

/** Who answers, as plain data: everything by its name or its file. */
export interface SolverSetup {
  /** As for `openModel`. */
  readonly model: string;
  /** LoRA adapters for it: `.gguf` files, or what `apprentice train` made. */
  readonly adapter?: readonly string[];
  readonly solver: "agent" | "cot" | "rag";
  /** Actions drawn a step, or chains of thought, of which a vote picks one. Default: none: greedy. */
  readonly samples?: number;
  /** Of the samples. Default: 0.4. */
  readonly temperature?: number;
  /** Of the samples. Default: 0.8. */
  readonly topP?: number;
  /** Module that exports a Retriever. */
  readonly retriever?: string;
  /** Folder of an index; in place of `retriever`. */
  readonly index?: string;
  readonly prompt?: keyof typeof namedPrompts;
  /** Modules that export tools. */
  readonly tool?: readonly string[];
  /** JSON file: see `readConfig`. */
  readonly config?: string;
  readonly maxSteps?: number;
  readonly maxTokens?: number;
  /** Of one action, in milliseconds. */
  readonly timeLimit?: number;
  readonly firstThought?: boolean;
  readonly firstThoughtsFrom?: string;
  readonly guided?: boolean;
  readonly forceCode?: boolean;
}

/** Makes solvers for one model. `sampler` draws the agent's actions; `temperature` is that of chains of thought. */
export type SolverMaker = (how?: { readonly sampler: Sampler; readonly temperature: number; readonly topP: number }) => Solver;

/**
 * Reads what a setup names, once, and gives the way to make solvers of it.
 *
 * @throws those of tools, configurations, modules and indexes.
 */
export async function readSolver(setup: SolverSetup, signal: AbortSignal): Promise<(model: ChatModel, firstThought?: FirstThoughts) => SolverMaker> {
  const { maxTokens, timeLimit, temperature, topP } = setup;
  const sampling = { ...(temperature !== undefined && { temperature }), ...(topP !== undefined && { topP }) };
  const retriever = await openRetriever(setup, signal);
  if (setup.solver !== "agent") {
    return (model) => (how) =>
      chainOfThought({
        model,
        ...(setup.samples !== undefined && { samples: setup.samples }),
        ...(maxTokens !== undefined && { maxTokens }),
        ...(setup.guided && { guided: true }),
        ...(retriever && { retriever }),
        ...sampling,
        ...(how && { temperature: how.temperature, topP: how.topP }),
      });
  }
  const config = setup.config === undefined ? {} : await readConfig(setup.config);
  const tools = (await Promise.all((setup.tool ?? []).map(loadTools))).flat();
  if (retriever) tools.push(webSearch({ retriever }));
  return (model, firstThought) => (how) =>
    createAgent({
      ...config,
      model,
      tools,
      ...(how && { sampler: how.sampler }),
      ...(setup.samples !== undefined && { sampler: sag({ n: setup.samples, ...sampling }) }),
      ...(setup.prompt !== undefined && { prompt: namedPrompts[setup.prompt] }),
      ...(setup.maxSteps !== undefined && { maxSteps: setup.maxSteps }),
      ...(maxTokens !== undefined && { maxTokens }),
      ...(timeLimit !== undefined && { limits: { ...config.limits, timeMs: timeLimit } }),
      ...(firstThought && { firstThought }),
      ...(setup.forceCode && { forceCode: true }),
    });
}

async function openRetriever({ index, retriever }: SolverSetup, signal: AbortSignal): Promise<Retriever | undefined> {
  if (retriever !== undefined) return loadExport(retriever, "Retriever", (value): value is Retriever => hasMethod("search")(value));
  if (index === undefined) return undefined;
  const { openIndex } = await import("../../retrieval/index.ts");
  return openIndex(index, { signal });
}
