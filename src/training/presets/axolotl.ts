import { stringify } from "yaml";
import { learningRateOf } from "../hyperparameters.ts";
import type { Preset } from "./types.ts";

/** Axolotl's `input_output`: pieces of text that say whether they are trained. */
export const axolotl: Preset = {
  name: "axolotl",
  description: "Axolotl: labelled segments (input_output)",
  rows: ({ rows }) =>
    rows.map(({ example }) => ({ id: example.id, row: { segments: example.segments.map(({ text, train }) => ({ label: train, text })) } })),
  config: ({ baseModel, hyperparameters, maxLength, hasValidation }) => {
    const { method, rank, alpha, dropout, schedule, warmup, epochs, batchSize, weightDecay, maxGradNorm, seed } = hyperparameters;
    const dataset = (file: string) => ({ path: file, ds_type: "json", type: "input_output" });
    const config = {
      base_model: baseModel,
      datasets: [dataset("train.jsonl")],
      ...(hasValidation && { test_datasets: [{ ...dataset("validation.jsonl"), split: "train" }] }),
      train_on_inputs: false,
      ...(method === "lora" && { adapter: "lora", lora_r: rank, lora_alpha: alpha, lora_dropout: dropout, lora_target_linear: true }),
      sequence_len: maxLength,
      sample_packing: false,
      learning_rate: learningRateOf(hyperparameters),
      lr_scheduler: schedule,
      optimizer: "adamw_torch",
      ...(warmup > 0 && { warmup_ratio: warmup }),
      num_epochs: epochs,
      micro_batch_size: 1,
      gradient_accumulation_steps: batchSize,
      weight_decay: weightDecay,
      max_grad_norm: maxGradNorm,
      seed,
      bf16: "auto",
      output_dir: "output-axolotl",
    };
    return { "config.yaml": `# axolotl train config.yaml\n${stringify(config)}` };
  },
};
