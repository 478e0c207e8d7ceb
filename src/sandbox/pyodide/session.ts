import { ApprenticeError } from "../../errors.ts";
import type { Attempt, HostFunction, Limits, Session, SyntaxIssue } from "../types.ts";
import { refusedAttempt, runAction } from "./action.ts";
import type { Interpreter } from "./interpreter.ts";
import { parseIssue } from "./result.ts";

export interface PyodideSessionOptions {
  readonly functions: readonly HostFunction[];
  readonly limits: Limits;
  readonly seed: number;
  readonly onDispose?: () => void;
}

/** Keeps one live interpreter, and starts a new one when it was lost. */
export class PyodideSession implements Session {
  readonly #start: () => Promise<Interpreter>;
  readonly #options: PyodideSessionOptions;
  #interpreter: Promise<Interpreter>;
  /** The end of the last operation: an interpreter does one thing at a time. */
  #tail: Promise<unknown> = Promise.resolve();
  #disposed = false;

  private constructor(start: () => Promise<Interpreter>, options: PyodideSessionOptions) {
    this.#start = start;
    this.#options = options;
    this.#interpreter = this.#startConfigured();
  }

  static async open(start: () => Promise<Interpreter>, options: PyodideSessionOptions): Promise<PyodideSession> {
    const session = new PyodideSession(start, options);
    await session.#interpreter;
    return session;
  }

  async *fork(sources: readonly string[], options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<Attempt> {
    const [source] = sources;
    if (sources.length > 1) {
      throw new ApprenticeError("sandbox_fork_unsupported", "This sandbox runs one source at a time: use one sample per step.");
    }
    if (source === undefined) return;
    const { signal } = options;
    signal?.throwIfAborted();
    yield await orAbort(this.#inTurn(() => this.#run(source, signal)), signal);
  }

  /** The state of the one source that ran is already the present state. */
  async commit(): Promise<void> {}

  async check(source: string): Promise<SyntaxIssue | undefined> {
    const { sourceChars, timeMs } = this.#options.limits;
    if (source.length > sourceChars) return { message: `longer than ${sourceChars} characters`, line: 1 };
    return this.#inTurn(async () => {
      const interpreter = await this.#live();
      const timer = setTimeout(() => void interpreter.terminate(), timeMs);
      const reply = await interpreter.call({ type: "check", source });
      clearTimeout(timer);
      return reply.type === "done" ? parseIssue(reply.result) : { message: "too complex to parse", line: 1 };
    });
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#options.onDispose?.();
    // A start that failed was reported to whoever waited for it.
    const interpreter = await this.#interpreter.catch(() => undefined);
    await interpreter?.terminate();
    await this.#tail;
  }

  async #run(source: string, signal: AbortSignal | undefined): Promise<Attempt> {
    signal?.throwIfAborted();
    const { limits, functions } = this.#options;
    if (source.length > limits.sourceChars) {
      return refusedAttempt(source, 0, "SourceLimitError", `The code is longer than ${limits.sourceChars} characters.`);
    }
    const attempt = await runAction(await this.#live(), source, 0, { limits, functions, signal });
    // Starts anew while the caller thinks.
    void this.#live().catch(() => {});
    return attempt;
  }

  /** The interpreter, a new one if it died. */
  async #live(): Promise<Interpreter> {
    if (this.#disposed) throw new ApprenticeError("sandbox_disposed", "This session was disposed: open another one.");
    const present = await this.#interpreter.catch(() => undefined);
    if (!present?.alive && !this.#disposed) this.#interpreter = this.#startConfigured();
    return this.#interpreter;
  }

  async #startConfigured(): Promise<Interpreter> {
    const interpreter = await this.#start();
    const functions = this.#options.functions.map(({ name, parameters, returns, docstring }) => ({ name, parameters, returns, docstring }));
    const reply = await interpreter.call({ type: "configure", functions, seed: this.#options.seed });
    if (reply.type === "done" && reply.result === "{}") return interpreter;
    await interpreter.terminate();
    throw new ApprenticeError("sandbox_function_invalid", "Python refuses the functions: check names, annotations and defaults.");
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(run);
    this.#tail = turn.catch(() => {});
    return turn;
  }
}

/** Rejects with the signal's reason at once; what was under way ends by itself. */
async function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  promise.catch(() => {});
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
