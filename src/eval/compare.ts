import { subjectKey, type Score } from "./score.ts";
import { mean, type BootstrapOptions, type Estimate } from "./statistics/intervals.ts";
import { mcNemar, pairedBootstrap } from "./statistics/paired.ts";
import { groupScores, latest } from "./summarize.ts";

/** What is compared. */
export type Measure = "accuracy" | "score" | "exactMatch" | "f1";

/** Two runs on the same questions. */
export interface Comparison {
  readonly measure: Measure;
  /** Questions that both were asked: the only ones that count. */
  readonly questions: number;
  /** Questions that only one of the two was asked. */
  readonly unpaired: { readonly first: number; readonly second: number };
  /** Mean of the first, and of the second, over the shared questions. */
  readonly first: number;
  readonly second: number;
  /** First minus second, with the paired bootstrap's interval and p-value. */
  readonly difference: Estimate & { readonly p: number };
  /** Right and wrong on the same questions, with McNemar's exact p-value; absent when questions were asked several times, or scores lie between 0 and 1. */
  readonly table?: { readonly both: number; readonly onlyFirst: number; readonly onlySecond: number; readonly neither: number; readonly p: number };
}

/** Compares two sets of scores question by question; questions asked several times count once, by their mean. */
export async function compare(
  first: AsyncIterable<Score> | Iterable<Score>,
  second: AsyncIterable<Score> | Iterable<Score>,
  options: BootstrapOptions & { /** Default: accuracy. */ readonly measure?: Measure } = {},
): Promise<Comparison> {
  const measure = options.measure ?? "accuracy";
  const [ours, theirs] = [await byQuestion(first, measure), await byQuestion(second, measure)];
  const pairs = [...ours].flatMap(([question, mine]) => {
    const other = theirs.get(question);
    return other ? [{ mine, other }] : [];
  });
  const binary = pairs.every(({ mine, other }) => [mine, other].every((values) => values.length === 1 && (values[0] === 0 || values[0] === 1)));
  const values = pairs.map(({ mine, other }) => [mean(mine), mean(other)] as const);
  const count = (a: number, b: number) => values.filter(([x, y]) => x === a && y === b).length;
  const [onlyFirst, onlySecond] = [count(1, 0), count(0, 1)];
  return {
    measure,
    questions: pairs.length,
    unpaired: { first: ours.size - pairs.length, second: theirs.size - pairs.length },
    first: mean(values.map(([x]) => x)),
    second: mean(values.map(([, y]) => y)),
    difference: pairedBootstrap(values.map(([x, y]) => x - y), options),
    ...(binary && pairs.length > 0 && { table: { both: count(1, 1), onlyFirst, onlySecond, neither: count(0, 0), p: mcNemar(onlyFirst, onlySecond) } }),
  };
}

/** Scores of one dataset from two sources. */
export interface Pairing {
  readonly dataset: string;
  readonly first: readonly Score[];
  readonly second: readonly Score[];
}

/** What two sources of scores can be compared on: the datasets of which each holds the runs of one subject. */
export function pairings(first: readonly Score[], second: readonly Score[]): Pairing[] {
  const [ours, theirs] = [first, second].map((scores) => groupScores(scores, ({ subject }) => subject.dataset));
  return [...(ours ?? [])].flatMap(([dataset, mine]) => {
    const other = theirs?.get(dataset);
    return other && isOneSubject(mine) && isOneSubject(other) ? [{ dataset, first: mine, second: other }] : [];
  });
}

function isOneSubject(scores: readonly Score[]): boolean {
  return new Set(scores.map(({ subject }) => subjectKey(subject))).size === 1;
}

async function byQuestion(scores: AsyncIterable<Score> | Iterable<Score>, measure: Measure): Promise<Map<string, number[]>> {
  const groups = groupScores(await latest(scores), ({ subject, question }) => JSON.stringify([subject.dataset, question]));
  return new Map([...groups].map(([question, group]) => [question, group.map((score) => valueOf(score, measure))]));
}

function valueOf(score: Score, measure: Measure): number {
  switch (measure) {
    case "accuracy":
      return Number(score.correct);
    case "score":
      return score.score;
    case "exactMatch":
      return Number(score.exactMatch ?? score.correct);
    case "f1":
      return score.f1 ?? score.score;
  }
}
