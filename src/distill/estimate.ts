import type { Estimates } from "./experiment.ts";

/** What a stage is guessed to take, from the experiment's `estimates`. */
export interface Estimate {
  /** Written by models, or trained on. */
  readonly tokens: number;
  readonly seconds: number;
  /** US dollars; absent without `dollarsPerHour`. */
  readonly dollars?: number;
}

export const nothing: Estimate = { tokens: 0, seconds: 0 };

/** So many answers, first thoughts among them. */
export function writing(answers: number, { tokensPerRun, tokensPerSecond, dollarsPerHour }: Estimates): Estimate {
  return priced(answers * tokensPerRun, tokensPerSecond, dollarsPerHour);
}

export function training(rows: number, epochs: number, { trainTokensPerRow, trainTokensPerSecond, dollarsPerHour }: Estimates): Estimate {
  return priced(rows * epochs * trainTokensPerRow, trainTokensPerSecond, dollarsPerHour);
}

export function total(estimates: readonly Estimate[]): Estimate {
  const sum = (of: (estimate: Estimate) => number) => estimates.reduce((all, each) => all + of(each), 0);
  const isPriced = estimates.some(({ dollars }) => dollars !== undefined);
  return { tokens: sum(({ tokens }) => tokens), seconds: sum(({ seconds }) => seconds), ...(isPriced && { dollars: sum(({ dollars = 0 }) => dollars) }) };
}

function priced(tokens: number, perSecond: number, dollarsPerHour: number | undefined): Estimate {
  const seconds = tokens / perSecond;
  return { tokens, seconds, ...(dollarsPerHour !== undefined && { dollars: (seconds / 3600) * dollarsPerHour }) };
}
