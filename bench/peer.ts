import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cacheDir } from "../src/cache-dir.ts";

const torch = "torch==2.13.0";

/** What a peer of training prints, in an environment with TRL. */
export function trlPython(file: string, ...args: string[]): string {
  return printed(environmentWith("trl==1.16.0", [torch, "peft==0.21.2", "gguf==0.19.0", "sentencepiece"]), file, args);
}

/** The same with Axolotl and what its data code imports; the rest that it requires is for GPUs. Its TRL is the 1.9 that has PRMTrainer. */
export function axolotlPython(file: string, ...args: string[]): string {
  const libraries = ["transformers==5.16.1", "tokenizers==0.23.1", "huggingface_hub==1.17.0", "datasets==4.8.4", "peft==0.20.0", "accelerate==1.13.0", "trl==1.9.0"];
  const others = ["pydantic==2.12.5", "packaging==26.0", "posthog==6.7.11", "addict", "colorama", "numba", "pillow", "psutil", "python-dotenv", "requests", "sentencepiece"];
  return printed(environmentWith("axolotl==0.19.0", [torch, ...libraries, ...others], "--no-deps"), file, args);
}

/** The same with LLaMA-Factory. */
export function llamafactoryPython(file: string, ...args: string[]): string {
  const libraries = ["transformers==5.6.0", "datasets==4.0.0", "peft==0.18.1", "accelerate==1.11.0", "trl==0.24.0"];
  return printed(environmentWith("llamafactory==0.9.5", [torch, ...libraries, "omegaconf", "pillow", "sentencepiece"], "--no-deps"), file, args);
}

function printed(python: string, file: string, args: readonly string[]): string {
  const env = { ...process.env, HF_HUB_OFFLINE: "1", AXOLOTL_DO_NOT_TRACK: "1" };
  return execFileSync(python, [join(import.meta.dirname, "peers", file), ...args], { encoding: "utf8", env, stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26 });
}

/** The interpreter of an environment in the cache, made at first use. `before`: installed first, so that their choice stays. */
function environmentWith(name: string, before: readonly string[] = [], ...options: string[]): string {
  const environment = join(cacheDir(), "bench", name);
  const python = join(environment, "bin", "python");
  if (!existsSync(python)) {
    execFileSync("python3", ["-m", "venv", environment], { stdio: "inherit" });
    for (const wanted of [...(before.length > 0 ? [before] : []), [...options, name]]) {
      execFileSync(python, ["-m", "pip", "install", "--quiet", ...wanted], { stdio: "inherit" });
    }
  }
  return python;
}

/** A Python process that answers one JSON line for each. Its environment is made at first use. */
export class PythonPeer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(requirement: string, script: string) {
    this.#process = spawn(environmentWith(requirement), [join(import.meta.dirname, "peers", script)], { stdio: "pipe" });
    this.#process.stderr.pipe(process.stderr);
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  async ask(request: object): Promise<unknown> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await this.#lines.next();
    if (line.done) throw new Error("The peer ended.");
    return JSON.parse(line.value);
  }

  close(): void {
    this.#process.stdin.end();
  }
}

/** Python with smolagents, timing what it is asked to do. */
export class SmolagentsPeer extends PythonPeer {
  constructor() {
    super("smolagents==1.26.0", "smolagents_peer.py");
  }

  async time(request: object): Promise<{ ms: number; answer: string }> {
    return (await this.ask(request)) as { ms: number; answer: string };
  }
}
