/** A timeout that can stand still. */
export class Clock {
  #leftMs: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #onTimeout: () => void;

  constructor(ms: number, onTimeout: () => void) {
    this.#leftMs = ms;
    this.#onTimeout = onTimeout;
  }

  run(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(this.#onTimeout, Math.max(0, this.#leftMs));
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#leftMs -= performance.now() - this.#startedAt;
  }
}
