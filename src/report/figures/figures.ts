import { type PaperRow, table2 } from "../paper/main-results.ts";
import { benchmarks } from "../../eval/index.ts";
import { benchmarksOf, onBenchmark, type RunGroup } from "../runs/groups.ts";
import type { QuestionTally, RunStats } from "../runs/stats.ts";
import { accuracy, average, isOn, share } from "../tables/pool.ts";
import type { FigurePoint, ReportFigure } from "./types.ts";

/** The paper's figures 1 and 4 to 8, and one of all runs. Where the paper's plots give no numbers, only ours are shown. */
export function reportFigures(groups: readonly RunGroup[]): ReportFigure[] {
  const bars = groups.flatMap((group) => benchmarksOf(group).flatMap((id) => barsOf(group, id)));
  return [allRuns(bars), domains(groups), mathBreakdown(bars), votes(bars), tokens(bars), errors(bars), retrieval(bars)];
}

/** What a figure shows as one bar: a group's runs on one benchmark. */
interface Bar {
  readonly run: RunStats;
  /** Its place along the horizontal axis. */
  readonly x: string;
  readonly series: string;
}

function barsOf(group: RunGroup, id: string): Bar[] {
  const run = onBenchmark(group, id);
  return run ? [{ run, x: benchmarkTitle(id), series: seriesOf(group) }] : [];
}

const noNumbers = "The paper gives this as a plot without numbers, so only ours are shown.";

function allRuns(bars: readonly Bar[]): ReportFigure {
  return {
    id: "figure-runs",
    title: "Accuracy of every run",
    note: "With 95 % intervals. A question without an answer counts as wrong.",
    measure: "Accuracy (%)",
    points: bars.flatMap(({ run, x, series }) => point(accuracy(run), { x, series })),
  };
}

const domainTitles = { factual: "Factual reasoning", mathematics: "Mathematical reasoning" };

function domains(groups: readonly RunGroup[]): ReportFigure {
  const sizes = ["0.5B", "1.5B", "3B", "7B", "32B"];
  const shown = ["CoT Prompting", "CoT Distill", "Agent Prompting", "Agent Distill + FTP + SAG"];
  const paper = table2.filter(({ params, method }) => shown.includes(method) && sizes.includes(params)).toSorted((a, b) => sizes.indexOf(a.params) - sizes.indexOf(b.params));
  const points = (["factual", "mathematics"] as const).flatMap((domain) => {
    const members = benchmarks.filter((each) => each.domain === domain);
    const facet = domainTitles[domain];
    return [
      ...paper.flatMap((row) => point(average(members.map(({ id }) => paperCell(row, id))), { source: "paper", facet, x: row.params, series: row.method })),
      ...groups
        .filter((group) => isOn(group))
        .flatMap((group) => point(average(members.map(({ id }) => accuracy(onBenchmark(group, id)))), { facet, x: group.setup.params ?? "?", series: seriesOf(group) })),
    ];
  });
  return {
    id: "figure-1",
    title: "Figure 1: size and accuracy",
    note: "Average over the four benchmarks of a domain; ours stand here when all four were run.",
    measure: "Average accuracy (%)",
    points,
  };
}

/** Distinct levels or categories that are shown: a file may give each question its own. */
const kindsAtMost = 200;

function mathBreakdown(bars: readonly Bar[]): ReportFigure {
  const onMath = bars.filter(({ run }) => run.setup.benchmark === "math_500" && run.graded);
  const parts = (facet: string, kind: "category" | "level", name: (kind: string) => string) =>
    onMath.flatMap(({ run, series }) => byKind(run, kind).flatMap(([value, tallies]) => point(share(tallies), { facet, x: name(value), series })));
  return {
    id: "figure-4",
    title: "Figure 4: MATH by category and level",
    note: noNumbers,
    measure: "Accuracy (%)",
    points: [...parts("By category", "category", shortCategory), ...parts("By level", "level", (level) => `Level ${level}`)],
  };
}

function byKind({ questions }: RunStats, kind: "category" | "level"): [string, QuestionTally[]][] {
  const kinds = new Map<string, QuestionTally[]>();
  for (const tally of questions.values()) {
    const value = tally[kind];
    if (value === undefined) continue;
    const alike = kinds.get(value) ?? [];
    kinds.set(value, alike);
    alike.push(tally);
  }
  return [...kinds].toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(0, kindsAtMost);
}

function votes(bars: readonly Bar[]): ReportFigure {
  const ids = ["hotpotqa", "musique", "math_500", "aime", "gsm_hard"] as const;
  const methods = ["CoT Distill", "Agent Distill + FTP", "Agent Distill + FTP + SAG"];
  return {
    id: "figure-5",
    title: "Figure 5: self-consistent actions and self-consistency",
    note: "Voting over actions (SAG) against voting over chains of thought (SC). The paper's bars are its 3B students of Table 2; it gives no numbers for CoT with self-consistency.",
    measure: "Accuracy (%)",
    points: ids.flatMap((id) => [
      ...table2
        .filter(({ params, method }) => params === "3B" && methods.includes(method))
        .flatMap((row) => point(paperCell(row, id), { source: "paper", x: benchmarkTitle(id), series: row.method })),
      ...bars.filter(({ run }) => run.setup.benchmark === id).flatMap(({ run, x, series }) => point(accuracy(run), { x, series })),
    ]),
  };
}

function tokens(bars: readonly Bar[]): ReportFigure {
  return {
    id: "figure-6",
    title: "Figure 6: tokens written",
    note: `Mean a run, all candidates counted. Saved: what candidates that could no longer change a vote would have taken, about. ${noNumbers}`,
    measure: "Tokens a run",
    points: bars.flatMap(({ run, x, series }) => [
      ...point({ value: run.outputTokens / run.trajectories }, { facet: "Written", x, series }),
      ...(run.tokensSaved > 0 ? point({ value: run.tokensSaved / run.trajectories }, { facet: "Saved", x, series }) : []),
    ]),
  };
}

function errors(bars: readonly Bar[]): ReportFigure {
  const agents = bars.filter(({ run }) => run.setup.solver === "agent");
  return {
    id: "figure-7",
    title: "Figure 7: errors in generated code",
    note: `Mean a run, of committed actions: without readable code, and with code that failed. ${noNumbers}`,
    measure: "Errors a run",
    points: agents.flatMap(({ run, x, series }) => [
      ...point({ value: run.parseErrors / run.trajectories }, { facet: "Parse errors", x, series }),
      ...point({ value: run.executionErrors / run.trajectories }, { facet: "Execution errors", x, series }),
    ]),
  };
}

function retrieval(bars: readonly Bar[]): ReportFigure {
  const agents = bars.filter(({ run }) => run.setup.solver === "agent" && run.retrievalCalls > 0);
  return {
    id: "figure-8",
    title: "Figure 8: retrieval calls",
    note: `Mean calls of the search tool a run, by committed actions; runs that never searched are left out. ${noNumbers}`,
    measure: "Calls a run",
    points: agents.flatMap(({ run, x, series }) => point({ value: run.retrievalCalls / run.trajectories }, { x, series })),
  };
}

type Place = Pick<FigurePoint, "x" | "series"> & Partial<Pick<FigurePoint, "source" | "facet">>;

function point(cell: Pick<FigurePoint, "value" | "low" | "high" | "n"> | undefined, place: Place): FigurePoint[] {
  return cell ? [{ source: "ours", facet: "", ...place, ...cell }] : [];
}

function paperCell({ values }: PaperRow, id: string): { value: number } | undefined {
  const value = values[benchmarks.findIndex((each) => each.id === id)];
  return value === undefined ? undefined : { value };
}

function benchmarkTitle(id: string): string {
  return benchmarks.find((each) => each.id === id)?.name ?? id;
}

function seriesOf({ method, name }: RunGroup): string {
  return `${method}, ${name}`;
}

function shortCategory(name: string): string {
  return name.replace("Intermediate", "Interm.").replace("Counting & Probability", "Counting");
}
