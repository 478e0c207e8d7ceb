import type { LlamaContextSequence, Token } from "node-llama-cpp";

interface Slot {
  readonly sequence: LlamaContextSequence;
  busy: boolean;
  lastUsed: number;
}

interface Waiter {
  readonly tokens: readonly Token[];
  readonly give: (slot: Slot) => void;
}

/** A sequence on loan. */
export interface Lease {
  readonly sequence: LlamaContextSequence;
  /** Hands it back. */
  readonly release: () => void;
}

/** A shared beginning shorter than this is not worth displacing another conversation for. */
const WORTHWHILE = 32;

/**
 * The sequences of a context, each with the conversation it last held. A prompt gets the free one that begins most like
 * it, as what is evaluated already need not be evaluated again. Where none is free, prompts wait in line.
 */
export class SequencePool {
  readonly #slots: readonly Slot[];
  readonly #waiting: Waiter[] = [];
  #clock = 0;

  constructor(sequences: readonly LlamaContextSequence[]) {
    this.#slots = sequences.map((sequence) => ({ sequence, busy: false, lastUsed: 0 }));
  }

  async acquire(tokens: readonly Token[], signal?: AbortSignal): Promise<Lease> {
    signal?.throwIfAborted();
    const slot = this.#best(tokens) ?? (await this.#wait(tokens, signal));
    slot.busy = true;
    slot.lastUsed = ++this.#clock;
    let released = false;
    return {
      sequence: slot.sequence,
      release: () => {
        if (released) return;
        released = true;
        this.#free(slot);
      },
    };
  }

  #best(tokens: readonly Token[]): Slot | undefined {
    const ranked = this.#slots
      .filter((slot) => !slot.busy)
      .map((slot) => ({ slot, shared: sharedLength(slot.sequence.contextTokens, tokens) }))
      .map(({ slot, shared }) => ({ slot, worth: shared < WORTHWHILE ? 0 : shared }))
      .sort((a, b) => b.worth - a.worth || a.slot.lastUsed - b.slot.lastUsed);
    return ranked[0]?.slot;
  }

  #wait(tokens: readonly Token[], signal: AbortSignal | undefined): Promise<Slot> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        tokens,
        give: (slot) => {
          signal?.removeEventListener("abort", leave);
          resolve(slot);
        },
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** A slot stays busy when it goes straight to the next in line. */
  #free(slot: Slot): void {
    const next = this.#waiting.shift();
    if (next) next.give(slot);
    else slot.busy = false;
  }
}

function sharedLength(a: readonly Token[], b: readonly Token[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
