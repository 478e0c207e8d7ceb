import { llama, type LlamaModel, type LlamaOptions } from "./llama/llama.ts";

export type OpenModelOptions = Omit<LlamaOptions, "model">;

/**
 * Opens the model that a name stands for: a catalogue name, a path to a `.gguf` file, or `hf:owner/repo/file.gguf`;
 * downloaded first if it is not there.
 *
 * @throws ApprenticeError those of `llama`.
 */
export async function openModel(spec: string, options: OpenModelOptions = {}): Promise<LlamaModel> {
  return llama({ ...options, model: spec });
}
