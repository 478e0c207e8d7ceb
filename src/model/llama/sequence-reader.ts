import type { LlamaContextSequence, SequenceEvaluateOptions, Token } from "node-llama-cpp";
import { copyState } from "./copy-state.ts";
import { distributionOptions, type Distribution, LEAST_SHARE, type Sampling } from "./distribution.ts";
import type { Rounds, Seat } from "./rounds.ts";
import type { Reader } from "./sample-tree.ts";
import { type Lease, sharedLength, type SequencePool, type Wish } from "./sequence-pool.ts";

/** Tokens evaluated between two looks at the signal. */
const CHUNK = 256;
/** So many tokens take about as long to evaluate as a copy. */
const WORTH_COPYING = 16;

/** What a reader is to tell. */
export interface Detail extends Pick<Sampling, "temperature"> {
  /** Whether probabilities at temperature 1 are wanted too. */
  readonly logprobs: boolean;
}

/** A reader over a sequence that it has on loan. */
export interface SequenceReader extends Reader {
  readonly sequence: LlamaContextSequence;
}

export interface ReaderContext {
  readonly pool: SequencePool;
  readonly rounds: Rounds;
  /** Whether what sequences hold already may be used. */
  readonly reuse: boolean;
  readonly detail: Detail;
  readonly signal: AbortSignal;
}

/** Takes a sequence and brings it to hold the tokens. `cached`: how many of them had not to be evaluated. */
export async function openReader(
  wish: Wish,
  parent: SequenceReader | undefined,
  context: ReaderContext,
): Promise<{ reader: SequenceReader; cached: number }> {
  const { pool, rounds, signal } = context;
  const lease = await pool.acquire(wish, signal);
  const seat = rounds.enter();
  let tokens: ReturnType<typeof expectations> | undefined;
  const close = async () => {
    seat.leave();
    try {
      await tokens?.return();
    } finally {
      lease.release();
    }
  };
  try {
    const cached = await hold(lease, wish.tokens, parent, seat, context);
    const reader: SequenceReader = {
      sequence: lease.sequence,
      read: (token) =>
        seat.take(async () => {
          tokens ??= expectations(lease, token, context.detail);
          const { value } = await tokens.next(token);
          return distributionOf(value?.probabilities);
        }),
      close,
    };
    return { reader, cached };
  } catch (error) {
    await close();
    throw error;
  }
}

function expectations({ sequence, priority }: Lease, first: Token, { temperature, logprobs }: Detail) {
  const options: SequenceEvaluateOptions = {
    // At a temperature a share counts as its power by 1 / temperature. For greedy, only the likeliest is left.
    ...distributionOptions(LEAST_SHARE ** (logprobs ? Math.max(1, temperature) : temperature)),
    seed: 0,
    yieldEogToken: true,
    evaluationPriority: priority,
  };
  return sequence.evaluateWithMetadata([first], { probabilities: true }, options);
}

function distributionOf(probabilities: ReadonlyMap<Token, number> = new Map()): Distribution {
  return { tokens: [...probabilities.keys()], probabilities: [...probabilities.values()] };
}

/** Returns how many of the tokens were there already, or in another sequence. */
async function hold(
  { sequence, priority, othersAhead }: Lease,
  tokens: readonly Token[],
  parent: SequenceReader | undefined,
  seat: Seat,
  { pool, reuse, signal }: ReaderContext,
): Promise<number> {
  // Once the round under way has ended, no sequence changes until this seat asks for the next.
  await seat.take(() => Promise.resolve());
  const takeOver = async () => {
    const source = sourceFor(sequence, tokens, parent, pool);
    // Where there is no room for a copy, the tokens are evaluated again.
    if (source) await copyState(source, sequence).catch(() => {});
    await sequence.adaptStateToTokens([...tokens], false);
  };
  if (!reuse) {
    await sequence.clearHistory();
  } else {
    // Before it waits: a branch that parts has all from its parent, and waits for none that parts beside it.
    await takeOver();
    if (othersAhead()) {
      while (othersAhead()) {
        signal.throwIfAborted();
        await seat.take(() => Promise.resolve());
      }
      await takeOver();
    }
  }
  const cached = sequence.nextTokenIndex;
  while (sequence.nextTokenIndex < tokens.length) {
    signal.throwIfAborted();
    const start = sequence.nextTokenIndex;
    await seat.take(() => sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(start, start + CHUNK), { evaluationPriority: priority }));
  }
  return cached;
}

/** What to copy from, if anything. A branch goes by its parent's numbers, though others may hold the same tokens. */
function sourceFor(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  parent: SequenceReader | undefined,
  pool: SequencePool,
): LlamaContextSequence | undefined {
  if (parent && sharedLength(parent.sequence.contextTokens, tokens) === tokens.length) {
    return parent.sequence === sequence ? undefined : parent.sequence;
  }
  const closest = pool.closest(tokens);
  const gain = (closest?.shared ?? 0) - sharedLength(sequence.contextTokens, tokens);
  return gain >= WORTH_COPYING ? closest?.sequence : undefined;
}
