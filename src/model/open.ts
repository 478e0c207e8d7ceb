import { llama, type LlamaModel, type LlamaOptions } from "./llama/llama.ts";

export interface OpenOptions extends Omit<LlamaOptions, "model" | "adapters"> {
  /** LoRA adapter: a path to a `.gguf` file. Default: none. */
  readonly adapter?: string;
}

/**
 * Opens the model that a name stands for: a catalogue name, a path to a `.gguf` file, or `hf:owner/repo/file.gguf`;
 * downloaded first if it is not there.
 *
 * @throws ApprenticeError those of `llama`.
 */
export async function openModel(spec: string, options: OpenOptions = {}): Promise<LlamaModel> {
  const { adapter, ...rest } = options;
  return llama({ ...rest, model: spec, ...(adapter !== undefined && { adapters: [adapter] }) });
}
