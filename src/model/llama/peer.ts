import type { Llama } from "node-llama-cpp";
import { ApprenticeError, messageOf } from "../../errors.ts";

/** Where a model is computed. `auto`: the best that this machine and the installed binaries offer. */
export type Gpu = "auto" | "metal" | "cuda" | "vulkan" | false;

const instances = new Map<Gpu, Promise<Llama>>();

/**
 * llama.cpp, loaded once per process and kind of GPU. Nothing is built, downloaded or printed.
 *
 * @throws ApprenticeError `peer_missing`, `gpu_unavailable`.
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
    const reason = messageOf(error).split("\n")[0];
    throw new ApprenticeError("gpu_unavailable", `llama.cpp cannot start with gpu ${JSON.stringify(gpu)}: ${reason}`, { cause: error });
  }
}

async function importPeer(): Promise<typeof import("node-llama-cpp")> {
  try {
    return await import("node-llama-cpp");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new ApprenticeError("peer_missing", "Local models need node-llama-cpp: npm install node-llama-cpp", { cause: error });
  }
}
