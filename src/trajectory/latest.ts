/** The standing of a run that ended by itself. */
export const finished = 2;

/** What a line of a journal says of its run. */
export interface RecordHead {
  readonly id: string;
  /** {@link finished}; 1: it failed; 0: it was interrupted. */
  readonly standing: number;
}

/** Undefined for a line that is no record. */
export function recordHead(line: string): RecordHead | undefined {
  try {
    const { id, outcome } = (JSON.parse(line) as { id?: unknown; outcome?: { type?: unknown } | null } | null) ?? {};
    if (typeof id !== "string") return undefined;
    return { id, standing: outcome?.type === "aborted" ? 0 : outcome?.type === "error" ? 1 : finished };
  } catch {
    return undefined;
  }
}

/** Of several records with one id the last counts, but one that failed never in place of one that did not, nor an interrupted one in place of either. */
export function replaces(standing: number, before: number | undefined): boolean {
  return before === undefined || standing >= before;
}
