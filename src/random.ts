/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed for a part of the run, drawn from the run's generator. */
export function randomSeed(random: () => number): number {
  return Math.floor(random() * 2 ** 31);
}

/** A seed of its own for each completion of a request; the first has the request's. */
export function completionSeed(seed: number | undefined, index: number): number | undefined {
  return seed === undefined || index === 0 ? seed : (seed ^ Math.imul(index, 0x9e3779b1)) >>> 1;
}
