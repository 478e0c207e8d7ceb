import type { Command } from "commander";
import { firstThoughtsOf } from "../collect/setup/first-thoughts.ts";
import { readSolver, type SolverSetup } from "../collect/setup/solver.ts";
import { ApprenticeError } from "../errors.ts";
import { sequencesFor } from "../model/open.ts";
import type { RunEvent } from "../solvers/types.ts";
import { openNamedModel } from "./model-option.ts";
import { integer, printJson } from "./options.ts";
import { addSolverOptions, checkTogether, warnWithoutPrefill } from "./solver-option.ts";
import { runPrinter } from "./terminal/run-printer.ts";

interface RunOptions extends SolverSetup {
  readonly seed: number;
  readonly json?: boolean;
}

export function runCommand(program: Command, signal: AbortSignal): void {
  addSolverOptions(program.command("run").description("answer one question, its steps shown live").argument("<question>", "what to answer"))
    .option("--seed <n>", "same seed, same run", integer, 0)
    .option("--json", "the run's events as JSON lines on stdout; the last has the trajectory")
    .addHelpText("after", `\nExample:\n  apprentice run "How many primes are there below 5000?"`)
    .action(async (question: string, options: RunOptions) => {
      process.exitCode = await run(question, options, signal);
    });
}

async function run(question: string, options: RunOptions, signal: AbortSignal): Promise<number> {
  if (question.trim() === "") throw new ApprenticeError("question_empty", 'The question is empty: apprentice run "your question"');
  checkTogether(options);
  await using readied = await readSolver(options, signal);
  const model = await openNamedModel(options.model, { adapters: options.adapter ?? [], sequences: sequencesFor(1, options.samples), signal });
  const { thoughts } = await firstThoughtsOf(options, model);
  if (thoughts && model.can.prefill === "none") warnWithoutPrefill(model);
  const solver = readied.for(model, thoughts)();

  const show: (event: RunEvent) => void = options.json ? printJson : runPrinter((text) => process.stdout.write(text));
  const running = solver.solve({ text: question }, { seed: options.seed, signal });
  for await (const event of running) show(event);
  const { outcome } = await running.result;
  await model.dispose?.();
  if (outcome.type === "aborted") return 130;
  return outcome.type === "answered" ? 0 : 1;
}
