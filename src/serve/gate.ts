import { Refusal, stopping } from "./refusal.ts";

/** Lets in so many requests at once; those beyond are told to come again. */
export class Gate {
  readonly #most: number;
  #open = 0;
  #closed = false;
  readonly #emptied = Promise.withResolvers<void>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Returns what lets the request out again. @throws Refusal 429, 503. */
  enter(): () => void {
    if (this.#closed) throw stopping();
    if (this.#open >= this.#most) {
      throw new Refusal(429, "server_busy", `The server has ${this.#most} requests under way, which is all it takes: ask again later.`, { retryAfterSeconds: 2 });
    }
    this.#open++;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#open--;
      if (this.#closed && this.#open === 0) this.#emptied.resolve();
    };
  }

  get open(): number {
    return this.#open;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Lets nobody in any more, and resolves once everyone is out. */
  close(): Promise<void> {
    this.#closed = true;
    if (this.#open === 0) this.#emptied.resolve();
    return this.#emptied.promise;
  }
}
