import { type Command, InvalidArgumentError, Option } from "commander";
import type { Budget } from "../collect/collect.ts";
import { collectWith, defaultConcurrency } from "../collect/setup/collect-with.ts";
import { graderNames, loadGrader } from "../collect/setup/grader.ts";
import type { QuestionRange } from "../collect/questions.ts";
import type { SolverSetup } from "../collect/setup/solver.ts";
import { parseShard, type Shard } from "../collect/shard.ts";
import { loadQuestions } from "../eval/index.ts";
import { cutOffNote } from "../trajectory/count.ts";
import { budget } from "./budget-option.ts";
import { concurrency, integer, wholeNumber } from "./options.ts";
import { addRangeOptions, askedQuestions } from "./questions-option.ts";
import { runCollection, statusOf } from "./run-collection.ts";
import { addSolverOptions, checkTogether } from "./solver-option.ts";

interface CollectCommandOptions extends SolverSetup, QuestionRange {
  readonly questions: string;
  readonly out: string;
  readonly grader: string;
  readonly attempts: number;
  readonly until: "right" | "all";
  readonly retryTemperature: number;
  readonly retryTopP: number;
  readonly concurrency: number | "auto";
  readonly shard?: Shard;
  readonly budget?: Budget;
  readonly seed: number;
  readonly json?: boolean;
}

export function collectCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("collect")
    .description("answer many questions, record every run; goes on where it was stopped")
    .requiredOption("-q, --questions <file>", "questions with their answers: .json, .jsonl or .csv")
    .requiredOption("-o, --out <dir>", "folder for the trajectories");
  addSolverOptions(addRangeOptions(command))
    .option("--grader <name>", graderNames, "auto")
    .option("--attempts <k>", "tries at each question", wholeNumber, 1)
    .addOption(new Option("--until <when>", "right: no more tries once one is right; all: every one").choices(["right", "all"]).default("right"))
    .option("--retry-temperature <t>", "of further tries; the first is greedy", fraction(2), 0.7)
    .option("--retry-top-p <p>", "of further tries", fraction(1), 0.95)
    .option("--concurrency <n>", "questions in flight; auto: as many as the server takes, up to 256", concurrency, defaultConcurrency)
    .option("--shard <i/n>", "only part i of n of the questions, i from 0 to n-1", parseShard)
    .option("--budget <amount>", "begin no run once it is spent: 2000000tokens, 5usd, 90m; may be given several times", budget)
    .option("--seed <n>", "of the first try; the next has the next", integer, 0)
    .option("--json", "one JSON line a run, and one for the end")
    .addHelpText("after", "\nExample:\n  apprentice collect --questions train.json --out runs/teacher --first-thought --attempts 4")
    .action(async (options: CollectCommandOptions) => {
      process.exitCode = await run(options, signal);
    });
}

async function run(options: CollectCommandOptions, signal: AbortSignal): Promise<number> {
  const { retryTemperature: temperature, retryTopP: topP, questions, out, attempts, until, seed, shard, budget, concurrency, json = false } = options;
  checkTogether(options);
  const setup = {
    questions: askedQuestions(questions, await loadQuestions(questions), options),
    out,
    solver: options,
    grader: await loadGrader(options.grader),
    attempts,
    until,
    seed,
    retry: { temperature, topP },
    concurrency,
    ...(shard && { shard }),
    ...(budget && { budget }),
  };
  const result = await runCollection((hooks) => collectWith({ ...setup, ...hooks }), { json, signal });
  const note = cutOffNote(result.cutOff, result.runs);
  if (note !== undefined) process.stderr.write(`${note}\n`);
  return statusOf(result);
}

function fraction(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!(value >= 0 && value <= max) || text.trim() === "") throw new InvalidArgumentError(`Give a number from 0 to ${max}.`);
    return value;
  };
}
