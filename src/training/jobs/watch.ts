import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ApprenticeError, messageOf } from "../../errors.ts";
import type { JobBackend } from "./backend.ts";
import { EventReader, type TrainingEvent } from "./events.ts";
import { exists, inAttempt, type Job, sha256Of } from "./folder.ts";

export interface WatchOptions {
  /** Ends the watching; the job goes on. */
  readonly signal?: AbortSignal;
  /** Time between looks, in milliseconds. Default: the backend's. */
  readonly pollMs?: number;
  /** Attempts in a row that may end without a new checkpoint before it is given up. Default: 3. */
  readonly patience?: number;
}

const PREEMPTED = 75;
/** Statuses above this are those of a process that a signal ended. */
const SIGNALLED = 128;
/** How long a lost connection is tried again. */
const LOST_MS = 30 * 60_000;

/**
 * Has a job run, and tells its events from the first on. It takes a job up wherever it is: not submitted yet, running,
 * interrupted, or trained. An attempt that was preempted or killed is followed by another, which goes on from the last checkpoint.
 * Returns when the artifacts are here and their checksums are right.
 *
 * @throws ApprenticeError `training_failed`, `training_stuck`, `training_cancelled`, `artifact_damaged`, `connection_lost`, and the
 * runner's own codes, e.g. `out_of_memory`, `gpu_missing`, `disk_full`; `backend_differs` when it may be running elsewhere.
 */
export async function* watchJob(job: Job, backend: JobBackend, options: WatchOptions = {}): AsyncGenerator<TrainingEvent, void> {
  const { signal, pollMs = backend.pollMs, patience = 3 } = options;
  const events = new EventReader(job);
  let [progress, savedIn, fruitless] = [0, 0, 0];
  let lastError: Extract<TrainingEvent, { type: "error" }> | undefined;
  const read = async function* (): AsyncGenerator<TrainingEvent, void> {
    for (const event of await events.read()) {
      if (event.type === "checkpoint" && event.step > progress) [progress, savedIn] = [event.step, event.attempt];
      if (event.type === "error") lastError = event;
      yield event;
    }
  };

  let attempt = await submitJob(job, backend, signal ? { signal } : {});
  // All is here: the machine where it was trained may be gone.
  if ((await readExit(job, attempt)) === 0 && (await isWhole(job))) return yield* read();
  for (;;) {
    signal?.throwIfAborted();
    const state = await whileLost(() => backend.state(job, attempt, signal), signal);
    await whileLost(() => backend.pull(job, attempt, { artifacts: state === "ended" }, signal), signal);
    yield* read();
    if (state !== "ended") {
      await sleep(pollMs, undefined, signal ? { signal } : {});
      continue;
    }
    const exit = await readExit(job, attempt);
    if (exit === 0) return checkArtifacts(job, attempt);
    if (await exists(join(job.folder, "cancelled"))) throw new ApprenticeError("training_cancelled", "The job was cancelled; what it had learnt is kept. Train again to go on.");
    if (exit !== undefined && exit !== PREEMPTED && exit <= SIGNALLED) {
      throw new ApprenticeError(lastError?.attempt === attempt ? lastError.code : "training_failed", lastError?.attempt === attempt ? lastError.message : await lastWords(job, attempt));
    }
    fruitless = savedIn === attempt ? 0 : fruitless + 1;
    if (fruitless > patience) {
      throw new ApprenticeError("training_stuck", `${fruitless} attempts in a row were killed before they could save, for want of memory, time or disk: lower --pass-tokens or --checkpoint-seconds. See ${inAttempt(job, attempt, "log.txt")}.`);
    }
    attempt += 1;
    await begin(job, backend, attempt, signal);
  }
}

/**
 * Has a job run, unless it does or has. One that failed or was cancelled goes on in a new attempt.
 *
 * @returns The number of its attempt.
 */
export async function submitJob(job: Job, backend: JobBackend, { signal }: Pick<WatchOptions, "signal"> = {}): Promise<number> {
  await rm(join(job.folder, "cancelled"), { force: true });
  const last = Math.max(1, await lastAttempt(job));
  const exit = await readExit(job, last);
  if (exit === 0) return last;
  await expectBackend(job, last, backend);
  // What failed may go well now: the disk may have room.
  const attempt = exit === undefined ? last : last + 1;
  await begin(job, backend, attempt, signal);
  return attempt;
}

/** Asks the job to save and end, and waits until it has. Training it again goes on from there. */
export async function cancelJob(job: Job, backend: JobBackend, { signal, pollMs = backend.pollMs }: WatchOptions = {}): Promise<void> {
  const attempt = await lastAttempt(job);
  if (attempt > 0) await expectBackend(job, attempt, backend);
  await writeFile(join(job.folder, "cancelled"), "");
  if (attempt === 0) return;
  await backend.cancel(job, attempt, signal);
  let state = await backend.state(job, attempt, signal);
  while (state === "running") {
    await sleep(pollMs, undefined, signal ? { signal } : {});
    state = await backend.state(job, attempt, signal);
  }
  await backend.pull(job, attempt, { artifacts: false }, signal);
  // It was killed, or was never begun: no status will come.
  if (state === "ended" && (await readExit(job, attempt)) === undefined) await endAsPreempted(job, attempt);
}

async function begin(job: Job, backend: JobBackend, attempt: number, signal: AbortSignal | undefined): Promise<void> {
  // What was meant is written down first: a crash right after finds the same attempt, and submits it again to no effect.
  await mkdir(join(job.folder, "attempts", String(attempt)), { recursive: true });
  await writeFile(inAttempt(job, attempt, "backend"), `${backend.name}\n`);
  await whileLost(() => backend.submit(job, attempt, signal), signal);
}

/** An attempt whose end is not known is looked for where it was begun: elsewhere the work would begin again. */
async function expectBackend(job: Job, attempt: number, backend: JobBackend): Promise<void> {
  if ((await readExit(job, attempt)) !== undefined) return;
  const begun = (await readFile(inAttempt(job, attempt, "backend"), "utf8").catch(() => backend.name)).trim();
  if (begun === backend.name) return;
  throw new ApprenticeError("backend_differs", `${job.folder} was begun with the backend ${begun}, and how it ended there is not known here: go on with ${begun}, or cancel it there first.`);
}

async function lastAttempt({ folder }: Job): Promise<number> {
  const names = await readdir(join(folder, "attempts")).catch((): string[] => []);
  return Math.max(0, ...names.map(Number).filter(Number.isInteger));
}

/** Another attempt is to follow. */
function endAsPreempted(job: Job, attempt: number): Promise<void> {
  return writeFile(inAttempt(job, attempt, "exit"), `${PREEMPTED}\n`);
}

async function readExit(job: Job, attempt: number): Promise<number | undefined> {
  const text = await readFile(inAttempt(job, attempt, "exit"), "utf8").catch(() => "");
  return text.trim() === "" ? undefined : Number(text);
}

async function whileLost<T>(action: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const start = performance.now();
  for (let wait = 1000; ; wait = Math.min(wait * 2, 60_000)) {
    try {
      return await action();
    } catch (error) {
      const isLost = error instanceof ApprenticeError && error.code === "connection_lost";
      if (!isLost || performance.now() - start > LOST_MS) throw error;
      await sleep(wait, undefined, signal ? { signal } : {});
    }
  }
}

async function checkArtifacts(job: Job, attempt: number): Promise<void> {
  try {
    await compareArtifacts(job);
  } catch (error) {
    // What is damaged here cannot always be fetched again: the next attempt writes it anew from the last checkpoint.
    await endAsPreempted(job, attempt);
    throw error;
  }
}

async function isWhole(job: Job): Promise<boolean> {
  return compareArtifacts(job).then(
    () => true,
    () => false,
  );
}

async function compareArtifacts({ folder }: Job): Promise<void> {
  let sums: Record<string, string>;
  try {
    sums = JSON.parse(await readFile(join(folder, "artifacts", "sha256.json"), "utf8")) as Record<string, string>;
  } catch (error) {
    throw new ApprenticeError("artifact_damaged", `The job ended but ${join(folder, "artifacts")} is not whole: ${messageOf(error)}`, { cause: error });
  }
  for (const [name, expected] of Object.entries(sums)) {
    const found = await sha256Of(join(folder, "artifacts", name)).catch(() => "nothing");
    if (found !== expected) throw new ApprenticeError("artifact_damaged", `${join(folder, "artifacts", name)} is not what the job wrote: train again, which writes it anew.`);
  }
}

async function lastWords(job: Job, attempt: number): Promise<string> {
  const path = inAttempt(job, attempt, "log.txt");
  const text = await readFile(path, "utf8").catch(() => "");
  const line = text.trim().split("\n").at(-1) ?? "";
  return `The attempt failed: ${line === "" ? "it left no log" : line} (${path})`;
}
