import { access, constants } from "node:fs/promises";
import type { Llama, LlamaContext, LlamaModel as Weights } from "node-llama-cpp";
import { ApprenticeError, messageOf } from "../../errors.ts";

/** A LoRA adapter in a GGUF file, for the model it was trained on. */
export interface Adapter {
  readonly path: string;
  /** How strongly it is applied. Default: 1. */
  readonly scale?: number;
}

/** @throws ApprenticeError `model_unreadable`. */
export async function loadWeights(runtime: Llama, path: string, signal: AbortSignal | undefined): Promise<Weights> {
  await expectReadable(path, "model_unreadable", "model");
  return runtime
    .loadModel({ modelPath: path, ...(signal && { loadSignal: signal }) })
    .catch((error) => failLoading(error, signal, "model_unreadable", `${path} cannot be read as a GGUF model`));
}

interface ContextWish {
  readonly contextSize: number;
  readonly sequences: number;
  readonly threads: number;
  readonly adapters: readonly Adapter[];
  readonly signal: AbortSignal | undefined;
}

/** @throws ApprenticeError `adapter_unreadable`, `model_too_large`. */
export async function openContext(weights: Weights, wish: ContextWish): Promise<LlamaContext> {
  const { contextSize, sequences, threads, adapters, signal } = wish;
  const lora = { adapters: adapters.map(({ path, scale = 1 }) => ({ filePath: path, scale })) };
  try {
    return await weights.createContext({
      contextSize,
      sequences,
      threads,
      failedCreationRemedy: false,
      ...(adapters.length > 0 && { lora }),
      ...(signal && { createSignal: signal }),
    });
  } catch (error) {
    if (adapters.length > 0 && /lora|adapter/i.test(messageOf(error))) {
      const paths = adapters.map((adapter) => adapter.path).join(", ");
      return failLoading(error, signal, "adapter_unreadable", `${paths} cannot be laid over this model as a LoRA adapter`);
    }
    return failLoading(error, signal, "model_too_large", `No memory for ${sequences} × ${contextSize} tokens of context: lower contextSize or sequences`);
  }
}

function failLoading(error: unknown, signal: AbortSignal | undefined, code: string, message: string): never {
  signal?.throwIfAborted();
  throw new ApprenticeError(code, `${message}: ${messageOf(error).split("\n")[0]}`, { cause: error });
}

/** @throws ApprenticeError `code`, with the path. */
export async function expectReadable(path: string, code: string, what: string): Promise<void> {
  await access(path, constants.R_OK).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new ApprenticeError(code, `Cannot read the ${what} ${path}: ${reason}.`, { cause: error });
  });
}
