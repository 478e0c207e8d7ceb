import { ApprenticeError } from "../../errors.ts";
import { unlessAborted } from "../../unless-aborted.ts";
import type { Attempt, HostFunction, Limits, Session, SyntaxIssue } from "../types.ts";
import { type ActionOptions, type Ran, refusedAttempt, runAction } from "./action.ts";
import type { Lease, Pool } from "./pool.ts";
import { parseIssue } from "./result.ts";
import { decodeState, encodeState } from "./saved-state.ts";
import { scratch, State } from "./state.ts";
import type { SharedReads } from "./tools.ts";

export interface PyodideSessionOptions {
  readonly functions: readonly HostFunction[];
  readonly limits: Limits;
  readonly seed: number;
  readonly from?: Uint8Array | undefined;
  /** Names what a saved state fits. */
  readonly imageKey: () => Promise<string>;
  readonly onDispose: () => void;
}

interface Forked {
  readonly state: State;
  readonly reads: SharedReads;
}

/** After this long without an action the state is saved, so that it outlives its interpreter. */
const idleMs = 25;

/** A state, and what may be done with it. The interpreters belong to the pool. */
export class PyodideSession implements Session {
  readonly #pool: Pool;
  readonly #options: PyodideSessionOptions;
  #state = new State();
  /** What can be committed. */
  readonly #attempts = new Map<Attempt, Forked>();
  /** Answers that the forks of the present state share, and the instant at which they all begin. */
  #reads: SharedReads = new Map();
  #forkedAt: number | undefined;
  /** The end of the last operation that changes the state. */
  #tail: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  readonly #ending = new AbortController();

  private constructor(pool: Pool, options: PyodideSessionOptions) {
    this.#pool = pool;
    this.#options = options;
  }

  static async open(pool: Pool, options: PyodideSessionOptions): Promise<PyodideSession> {
    const session = new PyodideSession(pool, options);
    if (options.from) session.#state = new State(decodeState(options.from, await options.imageKey(), options.functions));
    else await session.#begin();
    return session;
  }

  async run(source: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Attempt> {
    return unlessAborted(this.#inTurn(() => this.#run(source, signal, {})), signal);
  }

  async *fork(sources: readonly string[], { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<Attempt> {
    signal?.throwIfAborted();
    // What was asked before is done first; what comes later does not change this fork.
    await unlessAborted(this.#inTurn(() => this.#pool.save(this.#state)), signal);
    const from = this.#state;
    const reads = this.#reads;
    const startedAt = (this.#forkedAt ??= Date.now());
    const running = new Map(
      sources.map((source, index) => [index, this.#try(source, index, from, { reads, writes: "deferred", startedAt, signal })]),
    );
    for (const attempt of running.values()) attempt.catch(() => {});
    while (running.size > 0) {
      const attempt = await unlessAborted(Promise.race(running.values()), signal);
      running.delete(attempt.index);
      yield attempt;
    }
  }

  async commit(attempt: Attempt, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Attempt> {
    return this.#inTurn(async () => {
      const forked = this.#attempts.get(attempt);
      if (!forked) throw new ApprenticeError("attempt_unknown", "This attempt cannot be committed: give one of the forks since the last commit or run.");
      if (attempt.deferred || forked.state.lost) return { ...(await this.#run(attempt.source, signal, { reads: forked.reads })), index: attempt.index };
      this.#advance(forked.state);
      return attempt;
    });
  }

  async check(source: string): Promise<SyntaxIssue | undefined> {
    const { sourceChars, timeMs } = this.#options.limits;
    if (source.length > sourceChars) return { message: `longer than ${sourceChars} characters`, line: 1, incomplete: false };
    this.#assertOpen();
    // Needs no variables, and what other checks left behind does not matter.
    return this.#pool.use(scratch, async ({ interpreter, leave }) => {
      const timer = setTimeout(() => void interpreter.terminate(), timeMs);
      const reply = await interpreter.ask({ type: "check", source });
      clearTimeout(timer);
      if (reply.type !== "done") return { message: "too complex to parse", line: 1, incomplete: false };
      leave(scratch);
      return parseIssue(reply.result);
    });
  }

  async save(): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      await this.#pool.save(this.#state);
      const { saved } = this.#state;
      if (!saved) throw new ApprenticeError("sandbox_state_lost", "The interpreter died and its variables with it: open another session.");
      return encodeState(saved, await this.#options.imageKey(), this.#options.functions);
    });
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#ending.abort(disposed());
    clearTimeout(this.#idle);
    this.#options.onDispose();
    await this.#tail;
    this.#forget(undefined);
    this.#pool.abandon(this.#state);
  }

  /** Runs in the present state and moves on. */
  async #run(source: string, signal: AbortSignal | undefined, mode: Pick<ActionOptions, "reads">): Promise<Attempt> {
    if (this.#state.lost) await this.#begin();
    const from = this.#state;
    const { attempt, intact } = await this.#act(source, 0, from, { ...mode, signal }, (state) => this.#advance(state));
    if (intact || from.saved) return attempt;
    await this.#begin();
    return attempt;
  }

  /** Runs from a state that is kept. */
  async #try(source: string, index: number, from: State, mode: ActionMode): Promise<Attempt> {
    let state = from;
    const { attempt } = await this.#act(source, index, from, mode, (after) => (state = after));
    if (this.#state === from && !this.#disposed) this.#attempts.set(attempt, { state, reads: mode.reads ?? new Map() });
    else if (state !== from) this.#pool.abandon(state);
    return attempt;
  }

  async #act(source: string, index: number, from: State, mode: ActionMode, then: (after: State) => void): Promise<Ran> {
    const { limits, functions } = this.#options;
    if (source.length > limits.sourceChars) {
      return { attempt: refusedAttempt(source, index, "SourceLimitError", `The code is longer than ${limits.sourceChars} characters.`), intact: true };
    }
    const signal = mode.signal ? AbortSignal.any([mode.signal, this.#ending.signal]) : this.#ending.signal;
    return this.#pool.use(
      from,
      async ({ interpreter, leave, waiting }: Lease) => {
        const recoverable = from.saved !== undefined;
        const ran = await runAction(interpreter, source, index, { ...mode, signal, ending: this.#ending.signal, limits, functions, recoverable, onWaiting: waiting });
        if (!ran.intact) return ran;
        const after = new State();
        leave(after);
        then(after);
        return ran;
      },
      signal,
    );
  }

  #advance(next: State): void {
    const before = this.#state;
    this.#state = next;
    this.#reads = new Map();
    this.#forkedAt = undefined;
    this.#forget(next);
    if (before !== next) this.#pool.abandon(before);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#inTurn(() => this.#pool.save(this.#state)).catch(() => {}), idleMs).unref();
  }

  /** Nothing but `kept` can be committed any more. */
  #forget(kept: State | undefined): void {
    for (const { state } of this.#attempts.values()) if (state !== kept && state !== this.#state) this.#pool.abandon(state);
    this.#attempts.clear();
  }

  /** A fresh interpreter with the host's functions. */
  async #begin(): Promise<void> {
    const functions = this.#options.functions.map(({ name, parameters, returns, docstring }) => ({ name, parameters, returns, docstring }));
    const configured = await this.#pool.use(undefined, async ({ interpreter, leave }) => {
      const reply = await interpreter.ask({ type: "configure", functions, seed: this.#options.seed });
      if (reply.type !== "done" || reply.result !== "{}") return false;
      const state = new State();
      leave(state);
      this.#advance(state);
      return true;
    });
    if (!configured) {
      throw new ApprenticeError("sandbox_function_invalid", "Python refuses the functions: check names, annotations and defaults.");
    }
  }

  get #disposed(): boolean {
    return this.#ending.signal.aborted;
  }

  #assertOpen(): void {
    if (this.#disposed) throw disposed();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(() => {
      this.#assertOpen();
      return work();
    });
    this.#tail = turn.catch(() => {});
    return turn;
  }
}

type ActionMode = Pick<ActionOptions, "reads" | "writes" | "startedAt" | "signal">;

function disposed(): ApprenticeError {
  return new ApprenticeError("sandbox_disposed", "This session was disposed: open another one.");
}
