import { z } from "zod";

const positive = z.number().positive();
const whole = z.number().int().positive();

/** How a student is trained. The defaults are those of the paper (appendix C; full fine-tuning: D.5). */
export const hyperparametersSchema = z.strictObject({
  method: z.enum(["lora", "full"]).default("lora").describe("full: all weights."),
  rank: whole.default(64).describe("Of LoRA's matrices, on every linear layer but the output head."),
  alpha: positive.default(128).describe("LoRA's update is scaled by alpha / rank."),
  dropout: z.number().min(0).max(0.99).default(0.05).describe("On the input of LoRA's matrices."),
  learningRate: positive.optional().describe("Default: 2e-4; 1e-5 for full fine-tuning."),
  schedule: z.enum(["linear", "cosine", "constant"]).default("linear").describe("Of the learning rate, down to 0 but for constant."),
  warmup: z.number().min(0).max(1).default(0).describe("Share of the steps in which the learning rate rises."),
  epochs: positive.default(2).describe("Times that each row is seen."),
  batchSize: whole.default(8).describe("Rows of an optimiser step."),
  weightDecay: z.number().min(0).default(0).describe("AdamW's."),
  maxGradNorm: positive.default(1).describe("Gradients are clipped to it."),
  seed: z.number().int().nonnegative().default(42).describe("Of LoRA's first weights, the order of rows, and dropout."),
});

export type HyperparameterOptions = z.input<typeof hyperparametersSchema>;
export type Hyperparameters = z.output<typeof hyperparametersSchema>;

export function learningRateOf({ learningRate, method }: Pick<Hyperparameters, "learningRate" | "method">): number {
  return learningRate ?? (method === "full" ? 1e-5 : 2e-4);
}
