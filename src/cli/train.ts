import { join } from "node:path";
import { Option, type Command } from "commander";
import { ApprenticeError } from "../errors.ts";
import type { JobBackend } from "../training/index.ts";
import { collect, nonNegative, positiveNumber, printJson, share, wholeNumber } from "./options.ts";
import { trainingPrinter } from "./terminal/training-printer.ts";

interface TrainOptions {
  readonly out: string;
  readonly data?: string;
  readonly model?: string;
  readonly backend: "local" | "ssh" | "slurm" | "ray" | "command";
  readonly host?: string;
  readonly sshArg?: string[];
  readonly remoteRoot?: string;
  readonly sbatch?: string[];
  readonly ray: string;
  readonly submitCommand?: string;
  readonly aliveCommand?: string;
  readonly cancelCommand?: string;
  readonly pullCommand?: string;
  readonly full?: boolean;
  readonly rank?: number;
  readonly alpha?: number;
  readonly dropout?: number;
  readonly learningRate?: number;
  readonly schedule?: "linear" | "cosine" | "constant";
  readonly warmup?: number;
  readonly epochs?: number;
  readonly batch?: number;
  readonly seed?: number;
  readonly device?: "auto" | "cpu" | "cuda";
  readonly float32?: boolean;
  readonly passTokens?: number;
  readonly gradientCheckpointing?: boolean;
  readonly gpus?: number;
  readonly fsdp?: boolean;
  readonly threads?: number;
  readonly patience?: number;
  readonly evalSteps?: number;
  readonly checkpointSeconds?: number;
  readonly python?: string;
  readonly check: boolean;
  readonly merge?: string;
  readonly cancel?: boolean;
  readonly detach?: boolean;
  readonly json?: boolean;
}

export function trainCommand(program: Command, signal: AbortSignal): void {
  program
    .command("train")
    .description("train a student on an exported set; run it again to re-attach")
    .requiredOption("-o, --out <folder>", "the job's folder; the adapter comes into its artifacts/")
    .option("-d, --data <folder>", "what `apprentice export` made")
    .option("-m, --model <name>", "a catalogue name, a .gguf file, a Hugging Face folder, or hf:owner/name")
    .addOption(new Option("--backend <where>", "where it runs").choices(["local", "ssh", "slurm", "ray", "command"]).default("local"))
    .option("--host <user@host>", "ssh: the machine; slurm: a login node")
    .option("--ssh-arg <arg>", "for the ssh client, e.g. -p2222; may be given several times", collect)
    .option("--remote-root <folder>", "ssh: where jobs are kept there (default: apprentice-jobs)")
    .option("--sbatch <arg>", "slurm: for sbatch, e.g. --sbatch=--gpus=1; may be given several times", collect)
    .option("--ray <url>", "ray: the dashboard", "http://127.0.0.1:8265")
    .option("--submit-command <template>", "command: starts sh {folder}/run.sh {attempt} somewhere (docs/training.md)")
    .option("--alive-command <template>", "command: succeeds while it waits or runs")
    .option("--cancel-command <template>", "command: has it save and end")
    .option("--pull-command <template>", "command: brings its files here")
    .option("--full", "train all weights instead of a LoRA adapter")
    .option("--rank <n>", "of LoRA (default: 64)", wholeNumber)
    .option("--alpha <x>", "of LoRA (default: 128)", positiveNumber)
    .option("--dropout <share>", "of LoRA (default: 0.05)", share)
    .option("--learning-rate <x>", "default: 2e-4; 1e-5 with --full", positiveNumber)
    .addOption(new Option("--schedule <name>", "of the learning rate (default: linear)").choices(["linear", "cosine", "constant"]))
    .option("--warmup <share>", "share of the steps (default: 0)", share)
    .option("--epochs <n>", "default: 2", positiveNumber)
    .option("--batch <rows>", "rows of a step (default: 8)", wholeNumber)
    .option("--seed <n>", "default: 42", nonNegative)
    .addOption(new Option("--device <name>", "default: a GPU if there is one").choices(["auto", "cpu", "cuda"]))
    .option("--float32", "compute in float32 also where the device has bfloat16")
    .option("--pass-tokens <n>", "tokens at once: less takes less memory (default: 1024 on a CPU, 16384 on a GPU)", wholeNumber)
    .option("--gradient-checkpointing", "less memory, more time")
    .option("--gpus <n>", "GPUs of one machine (default: 1)", wholeNumber)
    .option("--fsdp", "shard the model over the GPUs, where it does not fit one")
    .option("--threads <n>", "CPU threads", wholeNumber)
    .option("--patience <n>", "stop after n evaluations without a better loss, and keep the best", wholeNumber)
    .option("--eval-steps <n>", "steps between evaluations (default: an epoch)", wholeNumber)
    .option("--checkpoint-seconds <n>", "time between checkpoints (default: 300)", positiveNumber)
    .option("--python <path>", "an interpreter with the requirements, where it runs (default: an environment is made)")
    .option("--no-check", "do not hold llama.cpp with the adapter against torch")
    .option("--merge <folder>", "also write the model with the adapter in it, in Hugging Face's format")
    .option("--detach", "submit, and leave it to run")
    .option("--cancel", "have the job save and end")
    .option("--json", "the run's events as JSON lines")
    .addHelpText("after", "\nExample:\n  apprentice train --data dataset --model qwen2.5-coder-0.5b --out student\n  apprentice run --adapter student --prompt student \"What is 2 to the power of 100?\"")
    .action(async (options: TrainOptions) => {
      await train(options, signal);
    });
}

async function train(options: TrainOptions, signal: AbortSignal): Promise<void> {
  const training = await import("../training/index.ts");
  const backend = await chooseBackend(options);
  const { data, model, out, json } = options;
  if ((data === undefined) !== (model === undefined)) throw new ApprenticeError("option_invalid", "Give --data and --model together; with neither, --out is a job made before.");
  const chosen = { ...settingsOf(options), ...(options.python !== undefined && { python: options.python }) };
  if (data === undefined && Object.values(chosen).some((each) => typeof each === "string" || Object.keys(each).length > 0)) {
    throw new ApprenticeError("option_invalid", "These options are of a job that is made, or made again: give --data and --model with them.");
  }
  if (options.cancel) {
    await training.cancelJob(await training.openJob(out), backend, { signal });
    process.stderr.write(`${out}: ended; what it had learnt is kept.\n`);
    return;
  }
  const job =
    data === undefined || model === undefined
      ? await training.openJob(out)
      : await training.prepareJob({ data, model, out, ...chosen, signal });

  if (options.detach) {
    const attempt = await training.submitJob(job, backend, { signal });
    if (json) printJson({ type: "submitted", job: job.spec.id, attempt });
    else process.stderr.write(`${out}: attempt ${attempt} is submitted; the same command without --detach re-attaches.\n`);
    return;
  }
  const printer = json ? undefined : trainingPrinter();
  try {
    for await (const event of training.watchJob(job, backend, { signal })) {
      if (json) printJson(event);
      else printer?.show(event);
    }
  } catch (error) {
    if (signal.aborted) process.stderr.write(`${out}: left to run on; the same command re-attaches, --cancel ends it.\n`);
    throw error;
  } finally {
    printer?.stop();
  }
  if (options.check && (await training.hasCheckableAdapter(job))) {
    const check = await training.checkAdapter(join(job.folder, job.spec.model.path), job.folder, { signal });
    if (json) printJson({ type: "check", ...check });
    else process.stderr.write(`llama.cpp and torch agree on ${(check.agreement * 100).toFixed(1)} % of ${check.tokens} tokens\n`);
    training.requireAgreement(job, check);
  }
  if (options.merge !== undefined) await training.mergeAdapter(job, options.merge, { signal });
  if (!json) process.stdout.write(`${job.folder}/artifacts\n`);
}

function settingsOf(options: TrainOptions) {
  const { rank, alpha, dropout, learningRate, schedule, warmup, epochs, batch: batchSize, seed } = options;
  const { device, passTokens, gradientCheckpointing, gpus: processes, fsdp, threads, patience, evalSteps, checkpointSeconds } = options;
  return {
    hyperparameters: defined({ method: options.full ? ("full" as const) : undefined, rank, alpha, dropout, learningRate, schedule, warmup, epochs, batchSize, seed }),
    settings: defined({ device, dtype: options.float32 ? ("float32" as const) : undefined, passTokens, gradientCheckpointing, processes, fsdp, threads, patience, evalSteps, checkpointSeconds }),
  };
}

function defined<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}

async function chooseBackend(options: TrainOptions): Promise<JobBackend> {
  const training = await import("../training/index.ts");
  const { host, sshArg = [], remoteRoot, sbatch = [], submitCommand, aliveCommand, cancelCommand, pullCommand } = options;
  const ssh = host === undefined ? undefined : { host, args: sshArg, ...(remoteRoot !== undefined && { root: remoteRoot }) };
  switch (options.backend) {
    case "local":
      return training.localBackend();
    case "ssh":
      if (!ssh) throw new ApprenticeError("option_invalid", "--backend ssh needs --host user@host.");
      return training.sshBackend(ssh);
    case "slurm":
      return training.slurmBackend({ sbatch, ...(ssh && { ssh }) });
    case "ray":
      return training.rayBackend({ url: options.ray });
    case "command":
      if (submitCommand === undefined) throw new ApprenticeError("option_invalid", "--backend command needs --submit-command.");
      return training.commandBackend({ submit: submitCommand, ...defined({ alive: aliveCommand, cancel: cancelCommand, pull: pullCommand }) });
  }
}
