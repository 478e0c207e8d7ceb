import { InvalidArgumentError, Option, type Command } from "commander";
import type { Budget } from "../collect/collect.ts";
import { defaultConcurrency } from "../collect/setup/collect-with.ts";
import { graderNames, loadGrader } from "../collect/setup/grader.ts";
import type { QuestionRange } from "../collect/questions.ts";
import type { SolverSetup } from "../collect/setup/solver.ts";
import { parseShard, type Shard } from "../collect/shard.ts";
import { ApprenticeError } from "../errors.ts";
import { compare, evaluate, findQuestionFile, loadQuestions, type Measure, pairings, type RunLabels, runLabelsSchema, type Score, type ScoreOptions, scoreRuns, type Summary, summarize } from "../eval/index.ts";
import { byBenchmark, type Grader, judgeGrader } from "../grading/index.ts";
import { sequencesFor } from "../model/open.ts";
import { journalFiles, readTrajectories } from "../trajectory/read.ts";
import { budget } from "./budget-option.ts";
import { openNamedModel } from "./model-option.ts";
import { collect, concurrency, integer, printJson, wholeNumber } from "./options.ts";
import { addRangeOptions, askedQuestions } from "./questions-option.ts";
import { runCollection, statusOf } from "./run-collection.ts";
import { addSolverOptions, checkTogether } from "./solver-option.ts";
import { comparisonText, cutOffNotes, summaryTable } from "./terminal/eval-tables.ts";

/** Answers that a judge reads at the same time. */
const JUDGED_AT_ONCE = 8;

interface EvalOptions extends SolverSetup, QuestionRange {
  readonly questions?: string;
  readonly benchmark?: string;
  readonly out?: string;
  readonly seed: number;
  readonly seeds: number;
  readonly concurrency: number | "auto";
  readonly shard?: Shard;
  readonly budget?: Budget;
  readonly label?: RunLabels;
  readonly runs?: string[];
  readonly grader: string;
  readonly judge?: string;
  readonly by?: "level" | "category";
  readonly measure: Measure;
  readonly json?: boolean;
}

export function evalCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("eval")
    .description("ask all questions of a file or benchmark, and score the runs; or score recorded ones. Several are compared with the first")
    .option("-q, --questions <file|benchmark>", "what to ask: a file, or a benchmark by name, e.g. gsm_hard (docs/eval.md)")
    .option("-o, --out <dir>", "folder for the runs; the same command goes on where it was stopped")
    .option("--benchmark <name>", "which benchmark the file holds, where it does not say so itself")
    .option("--runs <path>", "recorded runs to score: a folder or .jsonl file of trajectories; may be given several times", collect);
  addSolverOptions(addRangeOptions(command))
    .option("--seed <n>", "the first seed", integer, 0)
    .option("--seeds <k>", "ask each question so many times, with one seed after another", wholeNumber, 1)
    .option("--concurrency <n>", "questions in flight; auto: as many as the server takes, up to 256", concurrency, defaultConcurrency)
    .option("--shard <i/n>", "only part i of n of the questions, i from 0 to n-1", parseShard)
    .option("--budget <amount>", "begin no run once it is spent: 2000000tokens, 5usd, 90m; may be given several times", budget)
    .option("--label <name=value>", "for run.json, e.g. teacher=32B-Coder (docs/report.md); may be given several times", label)
    .option("--grader <name>", `${graderNames}; recorded: as --runs were graded`, "auto")
    .option("--judge <model>", "a model that judges factual answers, in place of exact match")
    .addOption(new Option("--by <field>", "sums up each level or category by itself").choices(["level", "category"]))
    .addOption(new Option("--measure <name>", "what is compared").choices(["accuracy", "score", "exactMatch", "f1"]).default("accuracy"))
    .option("--json", "runs, summaries and comparisons as JSON lines")
    .addHelpText("after", "\nExamples:\n  apprentice eval --questions gsm_hard --model qwen2.5-coder-0.5b --adapter student --prompt student --out runs/student\n  apprentice eval --runs runs/student --runs runs/cot")
    .action(async (options: EvalOptions) => {
      process.exitCode = await run(options, signal);
    });
}

async function run(options: EvalOptions, signal: AbortSignal): Promise<number> {
  const { questions, out, runs = [], json = false } = options;
  if ((questions === undefined) !== (out === undefined)) throw new ApprenticeError("option_invalid", "--questions and --out <dir> go together: the runs are recorded there.");
  if (questions === undefined && runs.length === 0) throw new ApprenticeError("option_invalid", "Give --questions and --out to ask, or --runs to score what was recorded.");
  if (questions !== undefined && options.grader === "recorded") throw new ApprenticeError("option_invalid", "--grader recorded is for --runs: new runs have no grade yet.");
  if (options.judge !== undefined && options.grader !== "auto") throw new ApprenticeError("option_invalid", "A judge takes the place of the grader: give --judge or --grader.");
  const judge = options.judge === undefined ? undefined : await openNamedModel(options.judge, { sequences: sequencesFor(JUDGED_AT_ONCE), signal });
  try {
    const factual = judge && judgeGrader({ model: judge });
    const grader: Grader | "recorded" = options.grader === "recorded" ? "recorded" : options.grader === "auto" ? byBenchmark(factual) : await loadGrader(options.grader);
    const scoring: ScoreOptions = { signal, ...(judge && { concurrency: JUDGED_AT_ONCE }) };
    const status = questions === undefined || out === undefined || grader === "recorded" ? 0 : await ask(options, questions, out, grader, signal);
    if (status === 130) return status;
    const asked = out === undefined ? [] : [{ path: out, scoring: { ...scoring, grader: "recorded" as const } }];
    const recorded = runs.map((path) => ({ path, scoring: { ...scoring, grader } }));
    await score([...asked, ...recorded], { by: options.by, measure: options.measure, json });
    return status;
  } finally {
    await judge?.dispose?.();
  }
}

async function ask(options: EvalOptions, pathOrBenchmark: string, out: string, grader: Grader, signal: AbortSignal): Promise<number> {
  const { seed, seeds, concurrency, shard, budget, label: labels, json = false } = options;
  checkTogether(options);
  const { path, benchmark = options.benchmark } = await findQuestionFile(pathOrBenchmark);
  const set = await loadQuestions(path, benchmark === undefined ? {} : { benchmark });
  const setup = {
    set: { ...set, questions: askedQuestions(path, set, options) },
    out,
    solver: options,
    grader,
    seed,
    seeds,
    concurrency,
    ...(shard && { shard }),
    ...(budget && { budget }),
    ...(labels && { labels }),
  };
  return statusOf(await runCollection((hooks) => evaluate({ ...setup, ...hooks }), { json, signal }));
}

interface Scored {
  readonly path: string;
  readonly scores: readonly Score[];
  readonly summaries: readonly Summary[];
}

/** Prints a line for each, and compares the others with the first. */
async function score(
  what: readonly { readonly path: string; readonly scoring: ScoreOptions }[],
  { by, measure, json }: { readonly by: EvalOptions["by"]; readonly measure: Measure; readonly json: boolean },
): Promise<void> {
  const all: Scored[] = [];
  for (const { path, scoring } of what) {
    if ((await journalFiles(path)).length === 0) throw new ApprenticeError("file_missing", `${path} has no .jsonl file of runs. Of folders with runs below it, give each: --runs A --runs B.`);
    const scores = await Array.fromAsync(scoreRuns(readTrajectories(path), scoring));
    all.push({ path, scores, summaries: await summarize(scores, by === undefined ? {} : { by }) });
  }
  const summaries = all.flatMap(({ path, summaries }) => summaries.map((summary) => ({ runs: path, summary })));
  if (json) for (const { runs, summary } of summaries) printJson({ type: "summary", path: runs, ...summary });
  else process.stdout.write(summaryTable(summaries));
  process.stderr.write(cutOffNotes(summaries));

  const [first, ...others] = all;
  for (const other of first ? others : []) {
    const pairs = pairings(first?.scores ?? [], other.scores);
    if (pairs.length === 0) process.stderr.write(`apprentice: ${first?.path} and ${other.path} are not compared: each must hold one solver and model on the same set.\n`);
    for (const { dataset, first: ours, second: theirs } of pairs) {
      const comparison = await compare(ours, theirs, { measure });
      if (json) printJson({ type: "comparison", paths: [first?.path, other.path], dataset, ...comparison });
      else process.stdout.write(comparisonText([first?.path ?? "", other.path], dataset, comparison));
    }
  }
}

/** For commander: `name=value` of run.json. */
function label(text: string, before: RunLabels = {}): RunLabels {
  const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(text) ?? [];
  const typed = value === "true" || value === "false" ? value === "true" : name === "temperature" ? Number(value) : value;
  const parsed = runLabelsSchema.strict().safeParse({ ...before, [name]: typed });
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`Give one of ${Object.keys(runLabelsSchema.shape).map((each) => `${each}=…`).join(", ")}: ${parsed.error.issues[0]?.message}`);
}
