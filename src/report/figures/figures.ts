import { type PaperRow, table2 } from "../paper/main-results.ts";
import type { RunStats, Tally } from "../runs/aggregate.ts";
import { benchmarks } from "../../eval/index.ts";
import { methodOf } from "../runs/labels.ts";
import { accuracy, average, groupRuns, onBenchmark, share } from "../tables/pool.ts";
import type { FigurePoint, ReportFigure } from "./types.ts";

/** The paper's figures 1 and 4 to 8, and one of all runs. Where the paper's plots give no numbers, only ours are shown. */
export function reportFigures(runs: readonly RunStats[]): ReportFigure[] {
  return [allRuns, domains, mathBreakdown, votes, tokens, errors, retrieval].map((figure) => figure(runs));
}

const noNumbers = "The paper gives this as a plot without numbers, so only ours are shown.";

function allRuns(runs: readonly RunStats[]): ReportFigure {
  return {
    id: "figure-runs",
    title: "Accuracy of every run",
    note: "With 95 % Wilson intervals. A question without an answer counts as wrong.",
    measure: "Accuracy (%)",
    points: runs.flatMap((run) => point(accuracy([run]), { x: titleOf(run), series: seriesOf(run) })),
  };
}

const domainTitles = { factual: "Factual reasoning", mathematics: "Mathematical reasoning" };

function domains(runs: readonly RunStats[]): ReportFigure {
  const sizes = ["0.5B", "1.5B", "3B", "7B", "32B"];
  const shown = ["CoT Prompting", "CoT Distill", "Agent Prompting", "Agent Distill + FTP + SAG"];
  const paper = table2.filter(({ params, method }) => shown.includes(method) && sizes.includes(params)).toSorted((a, b) => sizes.indexOf(a.params) - sizes.indexOf(b.params));
  const groups = groupRuns(runs.filter(onBenchmark), (run) => ({ params: run.setup.params ?? "?", series: seriesOf(run) }));
  const points = (["factual", "mathematics"] as const).flatMap((domain) => {
    const members = benchmarks.filter((each) => each.domain === domain);
    const facet = domainTitles[domain];
    return [
      ...paper.flatMap((row) => point(average(members.map(({ id }) => paperCell(row, id))), { source: "paper", facet, x: row.params, series: row.method })),
      ...groups.flatMap(({ key, runs }) =>
        point(average(members.map(({ id }) => accuracy(runs.filter(({ setup }) => setup.benchmark === id)))), { facet, x: key.params, series: key.series }),
      ),
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

function mathBreakdown(runs: readonly RunStats[]): ReportFigure {
  const onMath = runs.filter(({ setup, graded }) => setup.benchmark === "math_500" && graded);
  const parts = (facet: string, pick: (run: RunStats) => Map<string, Tally>, name: (kind: string) => string) =>
    onMath.flatMap((run) =>
      [...pick(run)]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([kind, tally]) => point(share(tally), { facet, x: name(kind), series: seriesOf(run) })),
    );
  return {
    id: "figure-4",
    title: "Figure 4: MATH by category and level",
    note: noNumbers,
    measure: "Accuracy (%)",
    points: [...parts("By category", ({ byType }) => byType, shortCategory), ...parts("By level", ({ byLevel }) => byLevel, (level) => `Level ${level}`)],
  };
}

function votes(runs: readonly RunStats[]): ReportFigure {
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
      ...runs.filter(({ setup }) => setup.benchmark === id).flatMap((run) => point(accuracy([run]), { x: benchmarkTitle(id), series: seriesOf(run) })),
    ]),
  };
}

function tokens(runs: readonly RunStats[]): ReportFigure {
  return {
    id: "figure-6",
    title: "Figure 6: tokens written",
    note: `Mean a question, all candidates counted. Saved: what candidates that could no longer change a vote would have taken, about. ${noNumbers}`,
    measure: "Tokens a question",
    points: runs.flatMap((run) => [
      ...point({ value: run.outputTokens / run.trajectories }, { facet: "Written", x: titleOf(run), series: seriesOf(run) }),
      ...(run.tokensSaved > 0 ? point({ value: run.tokensSaved / run.trajectories }, { facet: "Saved", x: titleOf(run), series: seriesOf(run) }) : []),
    ]),
  };
}

function errors(runs: readonly RunStats[]): ReportFigure {
  const agents = runs.filter(({ setup }) => setup.solver === "agent");
  return {
    id: "figure-7",
    title: "Figure 7: errors in generated code",
    note: `Mean a question, of committed actions: without readable code, and with code that failed. ${noNumbers}`,
    measure: "Errors a question",
    points: agents.flatMap((run) => [
      ...point({ value: run.parseErrors / run.trajectories }, { facet: "Parse errors", x: titleOf(run), series: seriesOf(run) }),
      ...point({ value: run.executionErrors / run.trajectories }, { facet: "Execution errors", x: titleOf(run), series: seriesOf(run) }),
    ]),
  };
}

function retrieval(runs: readonly RunStats[]): ReportFigure {
  const agents = runs.filter(({ setup, retrievalCalls }) => setup.solver === "agent" && retrievalCalls > 0);
  return {
    id: "figure-8",
    title: "Figure 8: retrieval calls",
    note: `Mean calls of the search tool a question, by committed actions; runs that never searched are left out. ${noNumbers}`,
    measure: "Calls a question",
    points: agents.flatMap((run) => point({ value: run.retrievalCalls / run.trajectories }, { x: titleOf(run), series: seriesOf(run) })),
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

function titleOf({ setup }: RunStats): string {
  return benchmarkTitle(setup.benchmark);
}

function seriesOf({ setup }: RunStats): string {
  return `${methodOf(setup)}, ${setup.model}`;
}

function shortCategory(name: string): string {
  return name.replace("Intermediate", "Interm.").replace("Counting & Probability", "Counting");
}
