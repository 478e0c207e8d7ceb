import type { Attempt, Session } from "../sandbox/types.ts";

/** Code that is being tried, and who still wants to know what it does. */
interface Trial {
  readonly attempt: Promise<Attempt>;
  readonly wantedBy: Set<AbortSignal>;
  readonly stop: AbortController;
}

/** Tries candidates' code, each from the session's present state. The same code from there does the same: it runs once. */
export class Trials {
  readonly #session: Promise<Session>;
  readonly #signal: AbortSignal;
  readonly #running = new Map<string, Trial>();

  constructor(session: Promise<Session>, signal: AbortSignal) {
    this.#session = session;
    this.#signal = signal;
  }

  /** Undefined when it was stopped: every candidate with this code is needless. */
  async try(code: string, needless: AbortSignal): Promise<Attempt | undefined> {
    const session = await this.#session;
    if (needless.aborted) return undefined;
    const trial = this.#running.get(code) ?? this.#begin(session, code);
    trial.wantedBy.add(needless);
    needless.addEventListener("abort", () => this.#leave(code, trial, needless));
    try {
      return await trial.attempt;
    } catch (error) {
      if (trial.stop.signal.aborted && !this.#signal.aborted) return undefined;
      throw error;
    }
  }

  #begin(session: Session, code: string): Trial {
    const stop = new AbortController();
    const attempt = forkOne(session, code, AbortSignal.any([this.#signal, stop.signal]));
    const trial = { attempt, wantedBy: new Set<AbortSignal>(), stop };
    this.#running.set(code, trial);
    return trial;
  }

  #leave(code: string, trial: Trial, needless: AbortSignal): void {
    trial.wantedBy.delete(needless);
    if (trial.wantedBy.size > 0) return;
    // A stopped trial tells a later candidate nothing.
    if (this.#running.get(code) === trial) this.#running.delete(code);
    trial.stop.abort();
  }
}

async function forkOne(session: Session, code: string, signal: AbortSignal): Promise<Attempt> {
  for await (const attempt of session.fork([code], { signal })) return attempt;
  throw new Error("A fork of one source gave no attempt.");
}
