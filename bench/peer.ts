import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cacheDir } from "../src/cache-dir.ts";

const requirement = "smolagents==1.26.0";

/** A Python process with smolagents that times what it is asked to do. Its environment is made at first use. */
export class SmolagentsPeer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const environment = join(cacheDir(), "bench", requirement);
    const python = join(environment, "bin", "python");
    if (!existsSync(python)) {
      execFileSync("python3", ["-m", "venv", environment], { stdio: "inherit" });
      execFileSync(python, ["-m", "pip", "install", "--quiet", requirement], { stdio: "inherit" });
    }
    this.#process = spawn(python, [join(import.meta.dirname, "peers/smolagents_peer.py")], { stdio: "pipe" });
    this.#process.stderr.pipe(process.stderr);
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  async time(request: object): Promise<{ ms: number; answer: string }> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await this.#lines.next();
    if (line.done) throw new Error("The peer ended.");
    return JSON.parse(line.value) as { ms: number; answer: string };
  }

  close(): void {
    this.#process.stdin.end();
  }
}
