import type { RunLabels } from "../../eval/run-labels.ts";
import type { Trajectory } from "../../trajectory/schema.ts";
import { setOf } from "../../eval/index.ts";
import { benchmarkOf } from "./benchmarks.ts";
import { samplingOf } from "./sampler-name.ts";

/** What a set of trajectories is, in the terms of the paper's tables. */
export interface Setup {
  readonly run: string;
  /** Of a benchmark or training set of the paper's; else what the questions say. */
  readonly benchmark: string;
  readonly model: string;
  /** E.g. `0.5B`; absent when neither the labels nor the model's name say it. */
  readonly params: string | undefined;
  readonly solver: "agent" | "rag" | "cot";
  readonly sampler: string;
  /** Whether several samples vote: SAG for agents, self-consistency for the rest. */
  readonly votes: boolean;
  readonly prompt: string;
  readonly distilled: boolean;
  readonly firstThought: boolean;
  readonly teacher: string | undefined;
  readonly tuning: "lora" | "full" | undefined;
  readonly temperature: number | undefined;
}

/**
 * Labels win; where there are none, the trajectory tells. A model with an adapter (`name+adapter`) counts as distilled, and
 * an adapter with `ftp` in its name as trained with a first-thought prefix.
 */
export function setupOf(trajectory: Trajectory, run: string, labels: RunLabels): Setup {
  const { model, solver, question, steps, firstThought } = trajectory;
  const [first] = steps;
  const samples = first?.kind === "action" ? first.candidates.length : first?.kind === "response" ? first.responses.length : 1;
  const sampling = samplingOf(solver.sampler);
  return {
    run,
    benchmark: labels.benchmark === undefined ? (setOf(question) ?? benchmarkOf(run)) : benchmarkOf(labels.benchmark),
    model,
    params: labels.params ?? /(\d+(?:\.\d+)?)b(?![a-z0-9])/i.exec(model)?.[1]?.concat("B"),
    solver: solver.id.startsWith("agent") ? "agent" : solver.id.startsWith("rag") ? "rag" : "cot",
    sampler: solver.sampler,
    votes: samples > 1 || sampling.votes,
    prompt: solver.prompt,
    distilled: labels.distilled ?? model.includes("+"),
    firstThought: labels.firstThought ?? (firstThought !== undefined || /\+.*ftp/i.test(model)),
    teacher: labels.teacher,
    tuning: labels.tuning,
    temperature: labels.temperature ?? sampling.temperature,
  };
}

/** The name of a method as in the paper's Table 2, e.g. `Agent Distill + FTP + SAG`. */
export function methodOf({ solver, distilled, firstThought, votes }: Pick<Setup, "solver" | "distilled" | "firstThought" | "votes">): string {
  const base = { agent: "Agent", rag: "CoT", cot: "CoT" }[solver];
  const parts = [`${base} ${distilled ? "Distill" : "Prompting"}`];
  if (solver === "rag") parts.push("RAG");
  if (firstThought) parts.push("FTP");
  if (votes) parts.push(solver === "agent" ? "SAG" : "SC");
  return parts.join(" + ");
}
