import { createAgent } from "../../agent/agent.ts";
import type { ChatModel } from "../../model/types.ts";
import type { Retriever } from "../../retrieval/types.ts";
import { sag, type Sampler } from "../../sampling/index.ts";
import { chainOfThought } from "../../solvers/chain-of-thought.ts";
import type { FirstThoughts } from "../../solvers/first-thought.ts";
import type { Solver } from "../../solvers/types.ts";
import type { Tool } from "../../tools/types.ts";
import { webSearch } from "../../tools/web-search.ts";
import { type AgentConfig, namedPrompts, readConfig } from "./agent-config.ts";
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

/** What a setup names, read. Disposing of it closes the index; a module's retriever stays its own. */
export interface ReadSolver extends AsyncDisposable {
  for(model: ChatModel, firstThought?: FirstThoughts): SolverMaker;
}

/**
 * Reads what a setup names, once, and gives the way to make solvers of it.
 *
 * @throws those of tools, configurations, modules and indexes.
 */
export async function readSolver(setup: SolverSetup, signal: AbortSignal): Promise<ReadSolver> {
  // Files first: an error leaves no index open.
  const config = setup.config === undefined ? {} : await readConfig(setup.config);
  const tools = (await Promise.all((setup.tool ?? []).map(loadTools))).flat();
  const { retriever, close } = await openRetriever(setup, signal);
  return { for: solversOf(setup, { config, tools, retriever }), [Symbol.asyncDispose]: close };
}

interface Read {
  readonly config: AgentConfig;
  readonly tools: readonly Tool[];
  readonly retriever: Retriever | undefined;
}

function solversOf(setup: SolverSetup, { config, tools, retriever }: Read): ReadSolver["for"] {
  const { maxTokens, timeLimit, temperature, topP } = setup;
  const sampling = { ...(temperature !== undefined && { temperature }), ...(topP !== undefined && { topP }) };
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
  return (model, firstThought) => (how) =>
    createAgent({
      ...config,
      model,
      tools: [...tools, ...(retriever ? [webSearch({ retriever })] : [])],
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

async function openRetriever({ index, retriever }: SolverSetup, signal: AbortSignal): Promise<{ readonly retriever: Retriever | undefined; close(): Promise<void> }> {
  const stays = async () => undefined;
  if (retriever !== undefined) return { retriever: await loadExport(retriever, "Retriever", (value): value is Retriever => hasMethod("search")(value)), close: stays };
  if (index === undefined) return { retriever: undefined, close: stays };
  const { openIndex } = await import("../../retrieval/index.ts");
  const opened = await openIndex(index, { signal });
  return { retriever: opened, close: () => opened.close() };
}
