import { resolve } from "node:path";
import { isGraderModule } from "../collect/setup/grader.ts";
import type { SolverSetup } from "../collect/setup/solver.ts";
import { ApprenticeError } from "../errors.ts";
import { unserved } from "../model/open.ts";
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
  const isPath = /^[./]/.test(model) || (model.endsWith(".gguf") && !/^(hf|openai):/.test(model));
  return isPath ? resolve(folder, model) : model;
}

/** A module that exports a grader is named from the experiment's folder; other names are no paths. */
export function graderPath(grader: string, folder: string): string {
  return isGraderModule(grader) ? resolve(folder, grader) : grader;
}

/** What of a solver goes into a stage's hash (files by what is in them, models by name, not by where they are), and what of it is not there. */
export async function solverInputs(spec: SolverSpec, folder: string): Promise<{ readonly inputs: object; readonly missing?: ApprenticeError }> {
  const { concurrency: _concurrency, tools = [], config, index, retriever, model, ...rest } = spec;
  const modules = isGraderModule(rest.grader) ? [rest.grader] : [];
  const paths = [...tools, ...[config, index, retriever].filter((path) => path !== undefined), ...modules];
  const files = await Promise.all(paths.map(async (path) => ({ path, print: await fingerprint(resolve(folder, path)) })));
  const gone = files.find(({ print }) => print === undefined);
  return {
    inputs: { ...rest, ...(model !== undefined && { model: unserved(model) }), ...(tools.length > 1 && { toolOrder: tools }), files: Object.fromEntries(files.map(({ path, print = "missing" }) => [path, print])) },
    ...(gone && { missing: new ApprenticeError("file_missing", `There is no ${gone.path} in ${folder}, which is needed.`) }),
  };
}
