import { join } from "node:path";
import { Worker, type TransferListItem } from "node:worker_threads";
import { ApprenticeError, messageOf } from "../../errors.ts";
import { packageRoot } from "../../package-root.ts";
import { close, type Answer, type Calls, type Request } from "./protocol.ts";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A worker thread that answers calls, one after another. When it dies, whatever waits for it fails with
 * `thread_failed`, and so does every later call.
 */
export class Thread<T extends Calls<T>> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  readonly #exit: Promise<unknown>;
  #failure: ApprenticeError | undefined;

  /** @param entry Name of the built file in `dist`, without `.js`. */
  constructor(entry: string) {
    this.#worker = new Worker(join(packageRoot(), "dist", `${entry}.js`));
    // A thread that waits for work keeps no process alive.
    this.#worker.unref();
    this.#worker.on("message", (answer: Answer) => this.#settle(answer));
    this.#worker.on("error", (error) => this.#fail(entry, messageOf(error), error));
    this.#worker.on("exit", (code) => this.#fail(entry, `it ended with code ${code}`));
    this.#exit = new Promise((resolve) => this.#worker.once("exit", resolve));
  }

  /** How many calls wait for their answers. */
  get load(): number {
    return this.#waiting.size;
  }

  /** False once it has stopped: every call fails then. */
  get alive(): boolean {
    return this.#failure === undefined;
  }

  call<Name extends keyof T & string>(name: Name, argument: T[Name]["argument"], transfer: TransferListItem[] = []): Promise<T[Name]["result"]> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, name, argument } satisfies Request, transfer);
    });
  }

  /** What was asked is answered first: a thread that is ended in a call of native code may take the whole process with it. */
  async close(): Promise<void> {
    this.#failure ??= new ApprenticeError("thread_closed", "This was closed: open it again.");
    this.#worker.ref();
    this.#worker.postMessage(close);
    await this.#exit;
  }

  #settle({ id, ...outcome }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (outcome.ok) waiting?.resolve(outcome.result);
    else waiting?.reject(new ApprenticeError(outcome.code, outcome.message));
  }

  #fail(entry: string, reason: string, cause?: unknown): void {
    this.#failure ??= new ApprenticeError("thread_failed", `The ${entry} thread stopped: ${reason}.`, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
