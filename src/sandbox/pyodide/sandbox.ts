import { join, resolve } from "node:path";
import { crc32 } from "node:zlib";
import { cacheDir } from "../../cache-dir.ts";
import { ApprenticeError } from "../../errors.ts";
import { defaultLimits } from "../limits.ts";
import type { HostFunction, Sandbox, Session, SessionOptions } from "../types.ts";
import { loadImage, type Image } from "./image.ts";
import { Interpreter } from "./interpreter.ts";
import { Pool } from "./pool.ts";
import { processTier } from "./process-tier.ts";
import { PyodideSession } from "./session.ts";
import type { Tier } from "./transport.ts";
import { workerTier } from "./worker-tier.ts";

/**
 * What stands between Python and the host, besides the sealed WASM; docs/security.md says what each holds.
 * `process`: Node's permission model around a process of its own. `process-bubblewrap`: that and namespaces of its own.
 */
export type IsolationTier = "worker" | "process" | "process-bubblewrap";

export interface PyodideSandboxOptions {
  /**
   * `worker`: threads of this process. `process`: sealed processes, inside bubblewrap where `bwrap` is in PATH; `tier`
   * says whether it is. Default: `process` when NODE_ENV is "production", else `worker`.
   */
  readonly isolation?: "worker" | "process";
  /**
   * Paths of wheels (`.whl`) to have besides sympy and mpmath: pure Python ones, or ones built for Pyodide's WASM.
   * They are imported at boot, before the sandbox is sealed, so give only wheels that you trust. One with WASM libraries makes every boot slower, since it cannot be in the snapshot.
   */
  readonly packages?: readonly string[];
  /**
   * Folder for the memory snapshot that makes boots fast. Default: `sandbox` in the cache folder of downloads (`$APPRENTICE_CACHE`).
   * If it cannot be written, the first boot of each process is slow.
   */
  readonly cacheFolder?: string;
  /** Interpreters that work at once; any number of sessions share them. Each takes about 110 MB, as a process 270 MB. Default: the processors, 2 at least. */
  readonly workers?: number;
}

export interface PyodideSandbox extends Sandbox {
  readonly tier: IsolationTier;
}

/**
 * Python in sealed interpreters: no files, network, processes or JavaScript of the host.
 *
 * Nothing starts before the first `open`. Its first run on a machine takes some seconds, to make the snapshot.
 * Throws ApprenticeError `option_invalid` or `isolation_unavailable`; there is no falling back to another tier.
 * `open` throws ApprenticeError `sandbox_not_built`, `sandbox_boot_failed`, `sandbox_function_invalid`,
 * `sandbox_limits_invalid`, `sandbox_disposed`, `package_missing`, `package_invalid` or `package_corrupt`.
 */
export function pyodideSandbox(options: PyodideSandboxOptions = {}): PyodideSandbox {
  return new SandboxOfPyodide(options);
}

class SandboxOfPyodide implements PyodideSandbox {
  readonly #tier: Tier<IsolationTier>;
  readonly #options: PyodideSandboxOptions;
  readonly #sessions = new Set<PyodideSession>();
  readonly #pool: Pool;
  #image: Promise<Image> | undefined;
  #checksum: number | undefined;
  #disposed = false;

  constructor(options: PyodideSandboxOptions) {
    this.#options = options;
    if (options.workers !== undefined && !(Number.isInteger(options.workers) && options.workers > 0)) {
      throw new ApprenticeError("option_invalid", `workers is ${options.workers}: give a whole number above 0.`);
    }
    this.#tier = tierOf(options.isolation ?? (process.env["NODE_ENV"] === "production" ? "process" : "worker"));
    this.#pool = new Pool((start) => Interpreter.start(this.#tier, this.#loadImage(), start), options.workers);
  }

  get tier(): IsolationTier {
    return this.#tier.name;
  }

  async open(options: SessionOptions = {}): Promise<Session> {
    const limits = { ...defaultLimits, ...options.limits };
    const functions = options.functions ?? [];
    checkLimits(limits);
    checkFunctions(functions);
    if (this.#disposed) throw disposed();
    const session: PyodideSession = await PyodideSession.open(this.#pool, {
      functions,
      limits,
      seed: options.seed ?? 0,
      from: options.from,
      imageKey: () => this.#imageKey(),
      onDispose: () => this.#sessions.delete(session),
    });
    this.#sessions.add(session);
    if (this.#disposed) await this.dispose();
    return session;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#sessions].map((session) => session.dispose()));
    await this.#pool.dispose();
  }

  async #imageKey(): Promise<string> {
    const [{ key, snapshot }, { base, changed }] = await Promise.all([this.#loadImage(), this.#pool.startMemory()]);
    this.#checksum ??= [base ?? snapshot, changed.pages, changed.bytes].reduce((crc, bytes) => crc32(bytes ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : "", crc), 0);
    return `${key}-${this.#checksum.toString(16)}`;
  }

  #loadImage(): Promise<Image> {
    if (this.#image) return this.#image;
    const packages = (this.#options.packages ?? []).map((path) => resolve(path));
    const image = loadImage({ packages, cacheFolder: this.#options.cacheFolder ?? join(cacheDir(), "sandbox") }, (image) => Interpreter.takeSnapshot(this.#tier, image));
    // A failure may pass, a missing build say.
    image.catch(() => (this.#image = undefined));
    return (this.#image = image);
  }
}

function tierOf(isolation: "worker" | "process"): Tier<IsolationTier> {
  switch (isolation) {
    case "worker":
      return workerTier;
    case "process":
      return processTier();
    default:
      throw new ApprenticeError("option_invalid", `isolation is "${String(isolation)}": give "worker" or "process".`);
  }
}

function disposed(): ApprenticeError {
  return new ApprenticeError("sandbox_disposed", "This sandbox was disposed: make another one.");
}

function checkLimits(limits: typeof defaultLimits): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isFinite(value) || value < 0) {
      throw new ApprenticeError("sandbox_limits_invalid", `limits.${name} is ${value}: give a number of 0 or more.`);
    }
  }
}

function checkFunctions(functions: readonly HostFunction[]): void {
  for (const { name, parameters } of functions) {
    for (const each of [name, ...parameters.map((parameter) => parameter.name)]) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(each)) {
        throw new ApprenticeError("sandbox_function_invalid", `"${each}" of function "${name}" is no Python name: rename it.`);
      }
    }
  }
}
