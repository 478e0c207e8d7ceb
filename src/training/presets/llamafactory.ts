import { stringify } from "yaml";
import { ApprenticeError } from "../../errors.ts";
import type { Message } from "../../model/types.ts";
import { optimiser } from "./trl.ts";
import type { ConfigContext, Preset } from "./types.ts";

/** The system message that LLaMA-Factory's `qwen` adds where there is none. */
const qwenSystem = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";

/**
 * LLaMA-Factory's `sharegpt` messages. It renders with templates of its own and trains every assistant turn, or with
 * `mask_history` only the last: rows in which some but not all turns are trained must be rows of one step.
 */
export const llamafactory: Preset = {
  name: "llamafactory",
  description: "LLaMA-Factory: messages, dataset_info.json",
  rows: ({ rows }) =>
    rows.map(({ example, turns, unit }) => {
      const assistant = turns.filter(({ role }) => role === "assistant");
      if (unit === "trajectory" && assistant.some(({ train }) => !train)) {
        throw new ApprenticeError(
          "preset_cannot",
          "LLaMA-Factory cannot leave single turns out of the loss: export it with --unit step, or without --mask-failed and with a prompt without examples.",
        );
      }
      return { id: example.id, row: { messages: withSystem(turns, example.segments[0]?.text ?? "") } };
    }),
  config: (context) => {
    const { baseModel, hyperparameters, unit, maxLength, hasValidation, student } = context;
    const { method, rank, alpha, dropout, warmup } = hyperparameters;
    const config = {
      model_name_or_path: baseModel,
      stage: "sft",
      do_train: true,
      finetuning_type: method,
      ...(method === "lora" && { lora_rank: rank, lora_alpha: alpha, lora_dropout: dropout, lora_target: "all" }),
      dataset_dir: ".",
      dataset: "apprentice",
      ...(hasValidation && { eval_dataset: "apprentice_validation", eval_strategy: "epoch" }),
      template: templateName(student),
      // One more than ours: the line break after the last turn.
      cutoff_len: maxLength + 1,
      train_on_prompt: false,
      mask_history: unit === "step",
      ...optimiser(hyperparameters),
      ...(warmup > 0 && { warmup_ratio: warmup }),
      output_dir: "output-llamafactory",
    };
    const dataset = (file: string) => ({
      file_name: file,
      formatting: "sharegpt",
      columns: { messages: "messages" },
      tags: { role_tag: "role", content_tag: "content", user_tag: "user", assistant_tag: "assistant", system_tag: "system" },
    });
    const info = { apprentice: dataset("train.jsonl"), ...(hasValidation && { apprentice_validation: dataset("validation.jsonl") }) };
    return {
      "config.yaml": `# llamafactory-cli train config.yaml\n${stringify(config)}`,
      "dataset_info.json": `${JSON.stringify(info, undefined, 2)}\n`,
    };
  },
};

/** The turns, with the system message that a ChatML template adds where none is given: each of LLaMA-Factory's has its own. */
function withSystem(turns: readonly Message[], text: string): Message[] {
  const messages = turns.map(({ role, content }) => ({ role, content }));
  const added = messages[0]?.role === "system" ? undefined : /^<\|im_start\|>system\n([\s\S]*?)<\|im_end\|>/.exec(text)?.[1];
  return added === undefined ? messages : [{ role: "system", content: added }, ...messages];
}

/** LLaMA-Factory's name for the student's format, told by its control tokens. */
function templateName({ template, id }: ConfigContext["student"]): string {
  if (template.includes("<|im_start|>")) return template.includes(qwenSystem) ? "qwen" : "chatml";
  if (template.includes("<|start_header_id|>")) return "llama3";
  if (template.includes("<start_of_turn>")) return "gemma";
  if (template.includes("[INST]")) return "mistral";
  throw new ApprenticeError("preset_cannot", `LLaMA-Factory's template for ${id} is not known here: use another format.`);
}
