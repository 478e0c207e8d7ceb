import { open } from "node:fs/promises";
import type { Llama, LlamaContext, LlamaModel as Weights } from "node-llama-cpp";
import { ApprenticeError, messageOf } from "../../errors.ts";

const LATEST_GGUF = 3;

/** A LoRA adapter in a GGUF file, for the model it was trained on. */
export interface Adapter {
  readonly path: string;
  /** How strongly it is applied. Default: 1. */
  readonly scale?: number;
}

/** @throws ApprenticeError `model_unreadable`. */
export async function loadWeights(runtime: Llama, path: string, signal: AbortSignal | undefined): Promise<Weights> {
  await expectGguf(path, "model_unreadable");
  return runtime
    .loadModel({ modelPath: path, ...(signal && { loadSignal: signal }) })
    .catch((error) => failLoading(error, signal, "model_unreadable", `${path} cannot be read as a GGUF model`));
}

interface ContextWish {
  readonly contextSize: number;
  readonly sequences: number;
  /** Default: the physical cores. */
  readonly threads: number | undefined;
  readonly adapters: readonly Adapter[];
  readonly signal: AbortSignal | undefined;
}

/** @throws ApprenticeError `adapter_unreadable`, `model_too_large`. */
export async function openContext(weights: Weights, wish: ContextWish): Promise<LlamaContext> {
  const { contextSize, sequences, threads = weights.llama.cpuMathCores, adapters, signal } = wish;
  const lora = { adapters: adapters.map(({ path, scale = 1 }) => ({ filePath: path, scale })) };
  try {
    return await weights.createContext({
      contextSize,
      sequences,
      threads,
      failedCreationRemedy: false,
      // Batches in the order of priorities, which sequences go by.
      batching: { itemPrioritizationStrategy: "firstInFirstOut" },
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

/**
 * Looks at the head of a GGUF file, before llama.cpp does and prints its doubts.
 *
 * @throws ApprenticeError `code`, with the path.
 */
export async function expectGguf(path: string, code: "model_unreadable" | "adapter_unreadable"): Promise<void> {
  const what = code === "model_unreadable" ? "model" : "adapter";
  const head = Buffer.alloc(8);
  try {
    const file = await open(path);
    await file.read(head, 0, head.length, 0).finally(() => file.close());
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : messageOf(error);
    throw new ApprenticeError(code, `Cannot read the ${what} ${path}: ${reason}.`, { cause: error });
  }
  const version = head.readUInt32LE(4);
  if (head.toString("latin1", 0, 4) !== "GGUF" || version < 1 || version > LATEST_GGUF) {
    throw new ApprenticeError(code, `Cannot read the ${what} ${path}: it is not a GGUF file that llama.cpp knows.`);
  }
}
