import { seededRandom } from "../../random.ts";

/** How sure an interval is. */
export type Confidence = 0.9 | 0.95 | 0.99;

/** A value with the interval that it was estimated to lie in. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: Confidence;
  readonly method: "wilson" | "bootstrap";
}

export interface BootstrapOptions {
  /** Default: 0.95. */
  readonly confidence?: Confidence;
  /** Default: 10,000; above 10,000 values fewer, but never below 1,000, so that all draws together stay bounded. */
  readonly resamples?: number;
  /** Same seed, same interval. Default: 0. */
  readonly seed?: number;
}

/** The standard normal's quantile at (1 + confidence) / 2. */
const quantile: Record<Confidence, number> = { 0.9: 1.6448536269514722, 0.95: 1.959963984540054, 0.99: 2.5758293035489004 };

/** Wilson's score interval of a proportion: the one to use for right or wrong, at any sample size. */
export function wilson(right: number, total: number, confidence: Confidence = 0.95): Estimate {
  if (total === 0) return { value: Number.NaN, low: 0, high: 1, confidence, method: "wilson" };
  const z2 = quantile[confidence] ** 2;
  const share = right / total;
  const centre = (share + z2 / (2 * total)) / (1 + z2 / total);
  const half = (quantile[confidence] / (1 + z2 / total)) * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total * total));
  // Exact at the ends, where rounding would leave the least bit.
  return { value: share, low: right === 0 ? 0 : centre - half, high: right === total ? 1 : centre + half, confidence, method: "wilson" };
}

/** The percentile bootstrap's interval of a mean, for scores between right and wrong and for questions asked several times. */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions = {}): Estimate {
  return percentileInterval(values, resampledMeans(values, options), options.confidence);
}

/** The middle of resampled means; NaN of no values. */
export function percentileInterval(values: readonly number[], means: Float64Array, confidence: Confidence = 0.95): Estimate {
  const tail = (1 - confidence) / 2;
  return { value: mean(values), low: percentile(means, tail), high: percentile(means, 1 - tail), confidence, method: "bootstrap" };
}

/** Means of samples drawn with replacement, in ascending order. */
export function resampledMeans(values: readonly number[], options: BootstrapOptions): Float64Array {
  const random = seededRandom(options.seed ?? 0);
  const drawn = Float64Array.from(values);
  const means = new Float64Array(options.resamples ?? Math.max(1000, Math.min(10_000, Math.floor(1e8 / drawn.length))));
  for (let sample = 0; sample < means.length; sample += 1) {
    let sum = 0;
    for (let draw = 0; draw < drawn.length; draw += 1) sum += drawn[Math.floor(random() * drawn.length)] ?? 0;
    means[sample] = sum / drawn.length;
  }
  return means.sort();
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Linear between the two nearest ranks, as numpy's. */
function percentile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (at - Math.floor(at)) * (above - below);
}
