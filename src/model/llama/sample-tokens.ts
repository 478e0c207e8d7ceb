import type { Token } from "node-llama-cpp";
import type { Lease } from "./sequence-pool.ts";

export interface Sampling {
  readonly temperature: number;
  readonly topP: number;
  /** 32 bits, unsigned. */
  readonly seed: number;
}

/** Tokens evaluated between two looks at the signal: the size of a batch. */
const CHUNK = 512;

/**
 * Evaluates the prompt, or what of it the sequence does not hold yet, and yields sampled tokens until the model ends its
 * turn; the caller stops in time for the context. The lease is released at the end: after an abort, that is once the
 * evaluation under way has finished.
 */
export async function* sampleTokens(
  lease: Lease,
  prompt: readonly Token[],
  sampling: Sampling,
  options: { reuse: boolean; signal: AbortSignal | undefined },
): AsyncGenerator<Token, void> {
  const { sequence } = lease;
  const { signal } = options;
  let underWay: Promise<unknown> = Promise.resolve();
  const step = <T>(work: Promise<T>): Promise<T> => {
    underWay = work;
    return abortable(work, signal);
  };
  let tokens: AsyncGenerator<Token, void> | undefined;
  try {
    if (!options.reuse) await step(sequence.clearHistory());
    // All but the last token are evaluated apart from it: the last, alone in its batch, then gives the very same numbers
    // whether or not the others were there already.
    const body = prompt.slice(0, -1);
    await step(sequence.adaptStateToTokens(body, false));
    while (sequence.nextTokenIndex < body.length) {
      const start = sequence.nextTokenIndex;
      await step(sequence.evaluateWithoutGeneratingNewTokens(body.slice(start, start + CHUNK)));
    }
    tokens = sequence.evaluate(prompt.slice(-1), { temperature: sampling.temperature, topP: sampling.topP, topK: 0, seed: sampling.seed });
    while (true) {
      const next = await step(tokens.next());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    void underWay
      .catch(() => {})
      .then(() => tokens?.return())
      .finally(lease.release);
  }
}

/** The outcome of `work`, or the signal's reason as soon as it aborts. */
function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
