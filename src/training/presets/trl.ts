import { stringify } from "yaml";
import { learningRateOf } from "../hyperparameters.ts";
import type { Hyperparameters } from "../hyperparameters.ts";
import type { ConfigContext, Preset } from "./types.ts";

/** The label of a token that is not in the loss. */
const IGNORED = -100;

/** Token ids and labels: nothing is left for TRL's templates to change. */
export const trl: Preset = {
  name: "trl",
  description: "TRL SFTTrainer: token ids and labels",
  rows: ({ rows }) =>
    rows.map(({ example: { id, input_ids, trained } }) => {
      const labels = input_ids.map(() => IGNORED);
      for (const [start, end] of trained) labels.splice(start, end - start, ...input_ids.slice(start, end));
      return { id, row: { input_ids, labels } };
    }),
  config: (context) => ({ "config.yaml": `# trl sft --config config.yaml\n${stringify({ ...trlConfig(context, "trl"), packing: false })}` }),
};

/** What TRL's trainers share. */
export function trlConfig({ baseModel, hyperparameters, hasValidation }: ConfigContext, name: string): object {
  return {
    model_name_or_path: baseModel,
    dtype: "bfloat16",
    // The folder of the file itself. `datasets` names a set by its path's last part, which "." does not have.
    dataset_name: `../${name}`,
    ...(hasValidation && { dataset_test_split: "validation", eval_strategy: "epoch" }),
    output_dir: `output-${name}`,
    // Rows have their length already; by default TRL cuts them after 1024 tokens, often before the completion.
    max_length: null,
    ...optimiser(hyperparameters),
    // Below 1 it is a share; transformers 5.16 and later have no warmup_ratio.
    ...(hyperparameters.warmup > 0 && { warmup_steps: hyperparameters.warmup }),
    ...(hyperparameters.method === "lora" && {
      use_peft: true,
      lora_r: hyperparameters.rank,
      lora_alpha: hyperparameters.alpha,
      lora_dropout: hyperparameters.dropout,
      lora_target_modules: "all-linear",
    }),
  };
}

/** As transformers' TrainingArguments name them; TRL and LLaMA-Factory agree on these. */
export function optimiser(hyperparameters: Hyperparameters): object {
  const { schedule, epochs, batchSize, weightDecay, maxGradNorm, seed } = hyperparameters;
  return {
    learning_rate: learningRateOf(hyperparameters),
    lr_scheduler_type: schedule,
    num_train_epochs: epochs,
    per_device_train_batch_size: 1,
    gradient_accumulation_steps: batchSize,
    weight_decay: weightDecay,
    max_grad_norm: maxGradNorm,
    seed,
    bf16: true,
  };
}
