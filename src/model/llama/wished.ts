import { ApprenticeError } from "../../errors.ts";
import { GPUS, type Gpu } from "./peer.ts";

/**
 * The threads that `APPRENTICE_THREADS` asks for, if it is set.
 *
 * @throws ApprenticeError `option_invalid`.
 */
export function threadsWished(): number | undefined {
  const { APPRENTICE_THREADS: wished } = process.env;
  if (wished === undefined || wished === "") return undefined;
  if (/^[1-9]\d*$/.test(wished)) return Number(wished);
  throw new ApprenticeError("option_invalid", `APPRENTICE_THREADS is ${JSON.stringify(wished)}: set it to a whole number of threads, or not at all.`);
}

/**
 * The GPU that `APPRENTICE_GPU` asks for, if it is set.
 *
 * @throws ApprenticeError `option_invalid`.
 */
export function gpuWished(): Gpu | undefined {
  const { APPRENTICE_GPU: wished } = process.env;
  if (wished === undefined || wished === "") return undefined;
  if (wished === "off") return false;
  const gpu = GPUS.find((name) => name === wished);
  if (gpu) return gpu;
  throw new ApprenticeError("option_invalid", `APPRENTICE_GPU is ${JSON.stringify(wished)}: set it to ${GPUS.join(", ")} or off, or not at all.`);
}
