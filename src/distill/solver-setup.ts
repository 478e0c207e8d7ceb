import { resolve } from "node:path";
import type { SolverSetup } from "../collect/setup/solver.ts";
import type { Collection, Evaluation } from "./experiment.ts";
import { fingerprint } from "./files.ts";

type SolverSpec = Collection | Evaluation;

/** Who answers, with files found from the experiment's folder. Where it runs, and how many at once, is no part of it. */
export function solverSetup(spec: SolverSpec, model: string, folder: string): SolverSetup {
  const { solver, samples, temperature, topP, prompt, tools, config, index, retriever, maxSteps, maxTokens, timeLimit, forceCode, firstThought } = spec;
  const guided = firstThought === "guided" || spec.guided === true;
  return {
    model: modelPath(model, folder),
    solver,
    ...(samples !== undefined && { samples }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(prompt !== undefined && { prompt }),
    ...(tools && { tool: tools.map((tool) => resolve(folder, tool)) }),
    ...(config !== undefined && { config: resolve(folder, config) }),
    ...(index !== undefined && { index: resolve(folder, index) }),
    ...(retriever !== undefined && { retriever: resolve(folder, retriever) }),
    ...(maxSteps !== undefined && { maxSteps }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(timeLimit !== undefined && { timeLimit: timeLimit * 1000 }),
    ...(forceCode && { forceCode }),
    ...(firstThought && { firstThought: true }),
    ...(guided && { guided }),
  };
}

/** Files and folders of weights are named from the experiment's folder; other names are no paths. */
export function modelPath(model: string, folder: string): string {
  const isPath = /^[./]/.test(model) || (model.endsWith(".gguf") && !model.startsWith("hf:"));
  return isPath ? resolve(folder, model) : model;
}

/** What of a solver goes into a stage's hash: files by what is in them, not by where they are. */
export async function solverInputs(spec: SolverSpec, folder: string): Promise<object> {
  const { concurrency: _concurrency, tools = [], config, index, retriever, ...rest } = spec;
  const files = [...tools, ...[config, index, retriever].filter((path) => path !== undefined)];
  return { ...rest, files: Object.fromEntries(await Promise.all(files.map(async (path) => [path, await fingerprint(resolve(folder, path))] as const))) };
}
