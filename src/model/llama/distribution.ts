import type { Token } from "node-llama-cpp";

/** What the model expects next, at temperature 1, of the tokens that need be told apart. */
export interface Distribution {
  /** Likeliest first. */
  readonly tokens: readonly Token[];
  /** Of each token; they sum to 1. */
  readonly probabilities: readonly number[];
}

/**
 * Tokens less likely than this share of the likeliest are left out: together they hold less than a thousandth (measured
 * for the catalogue's models), and ranking all 150,000 takes a third of a token's time.
 */
export const LEAST_SHARE = 1e-7;

/** How llama.cpp is asked for a distribution, of the tokens with at least this share of the likeliest one's probability. */
export function distributionOptions(leastShare: number) {
  // Any number, 0 too, has the library rank the whole vocabulary; null, which it takes for "none", does not.
  return { temperature: 1, minP: leastShare, topP: 1, topK: null as unknown as number };
}

export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  /** The share of probability, after temperature, that is kept. */
  readonly topP: number;
}

export interface Draw {
  readonly token: Token;
  /** Natural logarithm of the token's probability at temperature 1. */
  readonly logprob: number;
}

interface Candidate extends Draw {
  /** Its share of the probability at the temperature of the draw, not scaled. */
  readonly weight: number;
}

/**
 * The tokens that may be drawn: the likeliest ones which together hold `topP` of the probability at `temperature`. They
 * stand in the order of their ids, not of their probabilities: where two are about as likely, the last bits of the
 * numbers would decide which comes first, and with it what a given random number draws.
 */
export class Nucleus {
  readonly #candidates: readonly Candidate[];
  readonly #total: number;

  constructor(distribution: Distribution, sampling: Sampling) {
    this.#candidates = candidatesOf(distribution, sampling).sort((a, b) => a.token - b.token);
    this.#total = this.#candidates.reduce((sum, { weight }) => sum + weight, 0);
  }

  /** `random`: a number in [0, 1). */
  draw(random: number): Draw {
    let left = random * this.#total;
    for (const { token, logprob, weight } of this.#candidates) {
      left -= weight;
      if (left < 0) return { token, logprob };
    }
    const last = this.#candidates.at(-1);
    if (!last) throw new RangeError("There is no token to draw.");
    return { token: last.token, logprob: last.logprob };
  }
}

function candidatesOf({ tokens, probabilities }: Distribution, { temperature, topP }: Sampling): Candidate[] {
  const likeliest = probabilities[0] ?? 1;
  const weightOf = (probability: number) => (temperature === 0 ? 1 : (probability / likeliest) ** (1 / temperature));
  const wanted = temperature === 0 ? 0 : topP * probabilities.reduce((sum, probability) => sum + weightOf(probability), 0);
  const candidates: Candidate[] = [];
  let held = 0;
  for (const [index, token] of tokens.entries()) {
    const probability = probabilities[index] ?? 0;
    const weight = weightOf(probability);
    candidates.push({ token, logprob: Math.log(probability), weight });
    held += weight;
    if (held >= wanted) break;
  }
  return candidates;
}
