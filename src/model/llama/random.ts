import { seededRandom } from "../../random.ts";

/** Numbers in [0, 1) for one completion of a request: a generator of its own, whatever the others draw. */
export function completionRandom(seed: number, index: number): () => number {
  return seededRandom(mix(seed ^ Math.imul(index + 1, 0x9e3779b9)));
}

/** Neighbouring seeds far apart. */
function mix(seed: number): number {
  let hash = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
