import type { Job } from "./folder.ts";

/** `waiting`: not begun; `running`; `ended`: by itself, killed, or forgotten by its scheduler. */
export type AttemptState = "waiting" | "running" | "ended";

/**
 * A place where jobs run. An attempt is one start of `run.sh ATTEMPT` in the job's folder, which sees to it that it is
 * started once, so every method may be called again after a crash or a lost connection. A signal ends the call, not the job.
 */
export interface JobBackend {
  /** E.g. `slurm`. */
  readonly name: string;
  /** How often it should be looked at, in milliseconds between looks. */
  readonly pollMs: number;
  /** Has an attempt started, unless it already was. The first call brings the folder there. */
  submit(job: Job, attempt: number, signal?: AbortSignal): Promise<void>;
  /** Of an attempt that was submitted. */
  state(job: Job, attempt: number, signal?: AbortSignal): Promise<AttemptState>;
  /** Asks an attempt to save and end; one that waits is taken back. */
  cancel(job: Job, attempt: number, signal?: AbortSignal): Promise<void>;
  /** Of an attempt that was submitted, brings new events, logs and exit statuses to the local folder; with `artifacts`, those too. */
  pull(job: Job, attempt: number, what: { readonly artifacts: boolean }, signal?: AbortSignal): Promise<void>;
}

/** Names an attempt wherever it runs. */
export function attemptName({ spec }: Job, attempt: number): string {
  return `apprentice-${spec.id}-${attempt}`;
}

/** A word of a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
