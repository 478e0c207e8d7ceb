import type { EvaluationPriority, LlamaContextSequence, Token } from "node-llama-cpp";

interface Slot {
  readonly sequence: LlamaContextSequence;
  readonly priority: EvaluationPriority;
  busy: boolean;
  lastUsed: number;
  /** What it was last lent for. */
  wish: Wish;
}

/** What a sequence is wanted for. */
export interface Wish {
  readonly tokens: readonly Token[];
  /** How many of the tokens are the conversation; the others are written by the model. */
  readonly conversation: number;
}

interface Waiter {
  readonly wish: Wish;
  readonly give: (slot: Slot) => void;
}

/** A sequence on loan. */
export interface Lease {
  readonly sequence: LlamaContextSequence;
  /**
   * Its evaluations' priority, higher than those of all sequences behind it in the context. llama.cpp puts the outputs of
   * a batch whose sequences are out of order back in order when first asked for one; node-llama-cpp asks for all of them
   * at once, from several threads, and then gets those of other sequences.
   */
  readonly priority: EvaluationPriority;
  /** Whether one that was lent earlier is yet to be given what this one's tokens begin with, and can be copied then. */
  readonly othersAhead: () => boolean;
  /** Hands it back. */
  readonly release: () => void;
}

/** A conversation shorter than this is not worth keeping a sequence for. */
const WORTHWHILE = 32;

/**
 * The sequences of a context, each with what it last held. A conversation that goes on gets the free one that it was in;
 * others get the one that was left longest ago. Where none is free, they wait in line.
 */
export class SequencePool {
  readonly #slots: readonly Slot[];
  readonly #waiting: Waiter[] = [];
  #clock = 0;

  /** `sequences`: all of a context, in the order that it gave them out. */
  constructor(sequences: readonly LlamaContextSequence[]) {
    // The library sorts by priority, whatever the numbers; its type has but five.
    const priorityOf = (index: number) => (sequences.length - index) as EvaluationPriority;
    this.#slots = sequences.map((sequence, index) => ({ sequence, priority: priorityOf(index), busy: false, lastUsed: 0, wish: { tokens: [], conversation: 0 } }));
  }

  async acquire(wish: Wish, signal?: AbortSignal): Promise<Lease> {
    signal?.throwIfAborted();
    const slot = this.#best(wish) ?? (await this.#wait(wish, signal));
    slot.busy = true;
    slot.lastUsed = ++this.#clock;
    slot.wish = wish;
    let released = false;
    return {
      sequence: slot.sequence,
      priority: slot.priority,
      othersAhead: () => this.#othersAhead(slot),
      release: () => {
        if (released) return;
        released = true;
        this.#free(slot);
      },
    };
  }

  /** The sequence, busy or not, that begins most like `tokens`, and for how many of them. */
  closest(tokens: readonly Token[]): { readonly sequence: LlamaContextSequence; readonly shared: number } | undefined {
    return this.#slots
      .map(({ sequence }) => ({ sequence, shared: sharedLength(sequence.contextTokens, tokens) }))
      .toSorted((a, b) => b.shared - a.shared)[0];
  }

  #best({ tokens }: Wish): Slot | undefined {
    const ranked = this.#slots
      .filter((slot) => !slot.busy)
      .map((slot) => ({ slot, shared: sharedLength(slot.sequence.contextTokens, tokens) }))
      // The last token of a conversation is evaluated apart, so a conversation asked again shares all but that.
      .map(({ slot, shared }) => ({ slot, worth: shared >= WORTHWHILE && shared >= slot.wish.conversation - 1 ? shared : 0 }))
      .sort((a, b) => b.worth - a.worth || a.slot.lastUsed - b.slot.lastUsed);
    return ranked[0]?.slot;
  }

  #othersAhead({ sequence, wish, lastUsed }: Slot): boolean {
    const held = sharedLength(sequence.contextTokens, wish.tokens);
    return this.#slots.some((other) => {
      if (!other.busy || other.lastUsed >= lastUsed) return false;
      const wanted = sharedLength(other.wish.tokens, wish.tokens);
      return held + WORTHWHILE <= wanted && sharedLength(other.sequence.contextTokens, wish.tokens) < wanted;
    });
  }

  #wait(wish: Wish, signal: AbortSignal | undefined): Promise<Slot> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        wish,
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

/** How many tokens two texts have in common at their beginning. */
export function sharedLength(a: readonly Token[], b: readonly Token[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
