import { describe, expect, it } from "vitest";
import { seededRandom } from "../src/random.ts";
import { bootstrapMean, mcNemar, pairedBootstrap, wilson } from "../src/eval/index.ts";

describe("Wilson's interval", () => {
  // statsmodels 0.15.0, proportion_confint(k, n, 1 - confidence, "wilson").
  it.each([
    [0, 10, 0.95, 0, 0.27753279986288926],
    [0, 10, 0.9, 0, 0.2129419700834071],
    [10, 10, 0.95, 0.7224672001371106, 1],
    [3, 27, 0.95, 0.038520348283098374, 0.28057800818279827],
    [10, 40, 0.95, 0.14187118639096305, 0.4019396142076803],
    [55, 100, 0.9, 0.4679266986161365, 0.6294390293055461],
    [250, 500, 0.95, 0.4563412653024843, 0.5436587346975157],
    [1, 1, 0.95, 0.2065493143772374, 1],
    [37, 90, 0.95, 0.315132040238447, 0.5143676265285445],
  ] as const)("of %i in %i at %d is statsmodels'", (right, total, confidence, low, high) => {
    const estimate = wilson(right, total, confidence);
    expect(estimate.value).toBe(right / total);
    expect(estimate.low).toBeCloseTo(low, 12);
    expect(estimate.high).toBeCloseTo(high, 12);
  });

  it("of nothing is everything", () => {
    expect(wilson(0, 0)).toMatchObject({ value: Number.NaN, low: 0, high: 1 });
  });
});

describe("McNemar's exact test", () => {
  // statsmodels 0.15.0, mcnemar(..., exact=True).
  it.each([
    [10, 0, 0.001953125],
    [7, 3, 0.34375],
    [4, 1, 0.375],
    [0, 0, 1],
    [5, 5, 1],
    [30, 12, 0.007915897334896727],
    [1, 0, 1],
    [600, 500, 0.0028195449914364284],
    [0, 25, 5.960464477539063e-8],
  ])("of %i and %i is statsmodels'", (onlyFirst, onlySecond, p) => {
    expect(mcNemar(onlyFirst, onlySecond) / p).toBeCloseTo(1, 9);
    expect(mcNemar(onlySecond, onlyFirst) / p).toBeCloseTo(1, 9);
  });

  it("holds for very many questions", () => {
    expect(mcNemar(100_000, 100_300)).toBeCloseTo(0.504, 2);
    expect(mcNemar(100_000, 200_000)).toBe(0);
  });
});

describe("the bootstrap", () => {
  const values = Array.from({ length: 5 }, () => [0, 1, 1, 0, 0.5, 1, 0.25, 1, 0, 0.75]).flat();
  const first = Array.from({ length: 4 }, () => [1, 0.5, 0, 1, 1, 0.8, 0, 1, 0.3, 1]).flat();
  const second = Array.from({ length: 4 }, () => [0.5, 0.5, 0, 0.9, 1, 0.2, 0.1, 1, 0.3, 0.4]).flat();

  it("has scipy's percentile interval of a mean, up to resampling", () => {
    const { value, low, high } = bootstrapMean(values);
    expect(value).toBeCloseTo(0.55, 12);
    // scipy 1.17.1, bootstrap(method="percentile"), 200,000 resamples.
    expect(Math.abs(low - 0.43)).toBeLessThan(0.011);
    expect(Math.abs(high - 0.67)).toBeLessThan(0.011);
  });

  it("has scipy's percentile interval of a paired difference", () => {
    const { value, low, high, p } = pairedBootstrap(first.map((score, index) => score - (second[index] ?? 0)));
    expect(value).toBeCloseTo(0.17, 12);
    expect(low).toBeCloseTo(0.09, 2);
    expect(high).toBeCloseTo(0.255, 2);
    expect(p).toBeLessThan(0.001);
  });

  it("is the same for the same seed, and no other", () => {
    expect(bootstrapMean(values, { seed: 3 })).toEqual(bootstrapMean(values, { seed: 3 }));
    expect(bootstrapMean(values.map((value, index) => value + index / 1000), { seed: 3 }).low).not.toBe(bootstrapMean(values.map((value, index) => value + index / 1000), { seed: 4 }).low);
  });

  it("finds no difference where there is none", () => {
    expect(pairedBootstrap([0, 0, 0, 0]).p).toBe(1);
    expect(pairedBootstrap([1, -1, 1, -1, 0, 0]).p).toBeGreaterThan(0.5);
  });

  it("covers the true mean about as often as it says", () => {
    let covered = 0;
    for (let seed = 0; seed < 200; seed += 1) {
      const random = seededRandom(1000 + seed);
      const sample = Array.from({ length: 60 }, () => Number(random() < 0.3));
      const { low, high } = bootstrapMean(sample, { resamples: 500, seed });
      if (low <= 0.3 && high >= 0.3) covered += 1;
    }
    expect(covered).toBeGreaterThan(175);
  });
});
