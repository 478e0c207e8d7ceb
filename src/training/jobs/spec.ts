import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { hyperparametersSchema } from "../hyperparameters.ts";

const whole = z.number().int().positive();

/** How a job runs, without changing what is learnt but for rounding and the draws of dropout. */
export const settingsSchema = z.strictObject({
  device: z.enum(["auto", "cpu", "cuda"]).default("auto").describe("auto: a GPU where there is one."),
  dtype: z.enum(["bfloat16", "float32"]).default("bfloat16").describe("bfloat16 where the device computes in it, else float32."),
  passTokens: whole.optional().describe("Tokens evaluated at once; a longer row goes alone. Default: 1024 on a CPU, 16384 on a GPU."),
  gradientCheckpointing: z.boolean().default(false).describe("Activations are computed again on the way back: less memory, more time."),
  processes: whole.default(1).describe("GPUs of one machine that share each step's rows."),
  fsdp: z.boolean().optional().describe("Fully sharded data parallel: each GPU holds a part of the model. Default: each holds all of it."),
  threads: whole.optional().describe("CPU threads. Default: torch's own choice."),
  evalSteps: whole.optional().describe("Steps between evaluations of the held-out rows. Default: an epoch."),
  patience: whole.optional().describe("Stop after so many evaluations without a better loss, and keep the best weights. Default: never."),
  checkpointSeconds: z.number().positive().default(300),
  checkpointSteps: whole.optional().describe("Steps between checkpoints, instead of seconds."),
});

const modelSchema = z.strictObject({
  kind: z.enum(["gguf", "folder", "hub"]),
  /** In the job's folder, or a Hugging Face name. */
  path: z.string(),
  /** For records and the adapter's configuration. */
  name: z.string(),
});

/** All that a job is: `job.json`. */
export const jobSchema = z.strictObject({
  schema: z.literal("apprentice/job@1"),
  /** Hash of the rest as it was first: the same job, wherever and however often it is submitted. */
  id: z.string(),
  model: modelSchema,
  /** sha256 of the rows. */
  data: z.strictObject({ train: z.string(), validation: z.string().optional() }),
  hyperparameters: hyperparametersSchema.required({ learningRate: true }),
  settings: settingsSchema,
});

export type JobSettingsOptions = z.input<typeof settingsSchema>;
export type JobSpec = z.output<typeof jobSchema>;

/** Settings that may change between the attempts of a job. */
const circumstances = { device: true, passTokens: true, gradientCheckpointing: true, threads: true, checkpointSeconds: true, checkpointSteps: true } as const;
const lasting = settingsSchema.omit(circumstances).strip();

export function jobId(spec: Omit<JobSpec, "id">): string {
  return createHash("sha256").update(JSON.stringify(spec)).digest("hex").slice(0, 16);
}

/** Whether two jobs have the same to learn, so that one may go on where the other was. */
export function isSameWork(one: Omit<JobSpec, "id">, other: Omit<JobSpec, "id">): boolean {
  // A model's file has its name in `path`; `name` is how it was asked for, from wherever.
  const work = ({ schema, model: { kind, path }, data, hyperparameters, settings }: Omit<JobSpec, "id">): unknown => JSON.parse(JSON.stringify({ schema, kind, path, data, hyperparameters, settings: lasting.parse(settings) }));
  return isDeepStrictEqual(work(one), work(other));
}
