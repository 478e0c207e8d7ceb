const [interrupted, failed] = [0, 1];
/** Of a run that ended by itself. */
export const finished = 2;

/** How a run stands by its record's outcome: of records with one id none counts in place of one that stands higher. */
export function standingOf(outcome: unknown): number {
  return outcome === "aborted" ? interrupted : outcome === "error" ? failed : finished;
}
