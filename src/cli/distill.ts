import { join } from "node:path";
import { Option, type Command } from "commander";
import { ApprenticeError } from "../errors.ts";
import { openNamedModel } from "./model-option.ts";
import { collect, printJson } from "./options.ts";
import { experimentPrinter, planTable, resultText } from "./terminal/experiment-printer.ts";

interface DistillOptions {
  readonly out?: string;
  readonly only?: string[];
  readonly dryRun?: boolean;
  readonly save?: boolean;
  readonly json?: boolean;
}

export function distillCommand(program: Command, signal: AbortSignal): void {
  program
    .command("distill")
    .description("a whole distillation from one YAML file: collect, filter, train, evaluate, report; goes on where it was stopped")
    .argument("<experiment>", "a .yaml file (docs/distill.md)")
    .option("-o, --out <dir>", "folder for its stages (default: runs/NAME)")
    .option("--only <stage>", "only this stage and what it needs: NAME or KIND/NAME, as in the plan; may be given several times", collect)
    .option("--dry-run", "print the plan, what is done, and a guess of tokens and time")
    .addOption(new Option("--save", "put what there is of runs and students, compressed, into the experiment's archive, and end").conflicts("dryRun"))
    .option("--json", "stages and results as JSON lines")
    .addHelpText("after", "\nExample:\n  apprentice distill examples/smoke.yaml --dry-run\n  apprentice distill examples/smoke.yaml\n  apprentice distill examples/small.yaml --only evaluate/teacher.gsm_hard")
    .action(async (path: string, options: DistillOptions) => {
      await distill(path, options, signal);
    });
}

async function distill(path: string, { only, dryRun, save, json = false, ...options }: DistillOptions, signal: AbortSignal): Promise<void> {
  const { outputOf, planExperiment, readExperiment, runExperiment, saveStage, selectStages } = await import("../distill/index.ts");
  const file = await readExperiment(path);
  const { name } = file.experiment;
  const out = options.out ?? join("runs", name);
  const planned = await planExperiment(file, out);
  const stages = only ? selectStages(planned, only) : planned;
  if (dryRun) {
    const rows = await Promise.all(stages.map(async (stage) => ({ stage, done: (await outputOf(stage)) !== undefined })));
    if (!json) process.stdout.write(planTable(rows));
    else for (const { stage: { kind, name, hash, folder, estimate, missing, inputs }, done } of rows) printJson({ type: "stage", kind, name, hash, folder, done, estimate, ...(missing && { missing: missing.message }), inputs });
    return;
  }
  if (save) {
    if (file.experiment.archive === undefined) throw new ApprenticeError("option_invalid", `${path} names no archive: give it one, e.g. archive: ${name}-archive.`);
    let saved = 0;
    for (const stage of stages) {
      signal.throwIfAborted();
      if (!(await saveStage(stage))) continue;
      saved += 1;
      if (json) printJson({ type: "saved", kind: stage.kind, name: stage.name, hash: stage.hash, archive: stage.archive });
      else process.stdout.write(`${stage.archive}\n`);
    }
    if (saved === 0) process.stderr.write(`${out} has nothing that the archive has not.\n`);
    return;
  }
  const printer = experimentPrinter();
  try {
    const result = await runExperiment(stages, out, {
      openModel: openNamedModel,
      signal,
      onProgress: printer.progress,
      onNote: printer.note,
      onRepair: ({ path, droppedBytes }) => printer.note(`${path}: the last writer was killed; its unfinished last line (${droppedBytes} bytes) was cut off.`),
      onEvent(event) {
        printer.event(event);
        if (!json || event.type !== "stage_end") return;
        const { kind, name, hash, folder } = event.stage;
        printJson({ type: "stage_end", kind, name, hash, folder, cached: event.cached, output: event.output });
      },
    });
    printer.stop();
    const last = stages.at(-1);
    if (!json && last?.kind === "report") process.stdout.write(resultText(result, last.folder));
  } catch (error) {
    printer.stop();
    if (signal.aborted) process.stderr.write("Interrupted: the same command goes on.\n");
    throw error;
  }
}
