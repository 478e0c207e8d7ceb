import type * as Peer from "node-llama-cpp";
import type { Llama } from "node-llama-cpp";
import { ApprenticeError } from "../../errors.ts";

export const GPUS = ["auto", "metal", "cuda", "vulkan"] as const;

/** Where a model is computed. `auto`: the best that this machine and the installed binaries offer; `false`: the CPU. */
export type Gpu = (typeof GPUS)[number] | false;

const instances = new Map<Gpu, Promise<Llama>>();

/**
 * llama.cpp, loaded once per process and kind of GPU. Nothing is built, downloaded or printed.
 *
 * @throws ApprenticeError `peer_missing`, `peer_unusable`, `gpu_unavailable`.
 */
export function loadLlama(gpu: Gpu): Promise<Llama> {
  const known = instances.get(gpu);
  if (known) return known;
  const instance = start(gpu);
  instances.set(gpu, instance);
  instance.catch(() => instances.delete(gpu));
  return instance;
}

async function start(gpu: Gpu): Promise<Llama> {
  const instance = await startAny(gpu);
  // Asked for a GPU that it cannot have, the library takes the CPU without a word.
  if (gpu !== "auto" && instance.gpu !== gpu) {
    await instance.dispose();
    throw gpuUnavailable(gpu);
  }
  return instance;
}

async function startAny(gpu: Gpu): Promise<Llama> {
  const { getLlama, LlamaLogLevel } = await importPeer();
  try {
    return await getLlama({
      gpu,
      build: "never",
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.disabled,
      logger: () => {},
      // No limit here: each context asks for the threads it wants, and the library's own default can exceed the cores.
      maxThreads: 0,
    });
  } catch (error) {
    if (gpu !== "auto" && gpu !== false) throw gpuUnavailable(gpu, error);
    const advice = "install it again with its optional dependencies, or build it: npx node-llama-cpp source download";
    throw new ApprenticeError("peer_unusable", `node-llama-cpp has no binary that works on this machine: ${advice}`, { cause: error });
  }
}

function gpuUnavailable(gpu: Gpu, cause?: unknown): ApprenticeError {
  return new ApprenticeError("gpu_unavailable", `llama.cpp cannot use ${gpu} on this machine: leave gpu out, or set it to false`, { cause });
}

async function importPeer(): Promise<typeof Peer> {
  try {
    return await import("node-llama-cpp");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new ApprenticeError("peer_missing", "Local models need node-llama-cpp: npm install node-llama-cpp", { cause: error });
  }
}
