import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compare, type Comparison, type RunLabels, type Score, scoreRuns, summarize, type Summary } from "../../eval/index.ts";
import { readRunLabels, writeRunLabels } from "../../eval/run-labels.ts";
import { readTrajectories } from "../../trajectory/read.ts";
import { nothing } from "../estimate.ts";
import { evaluationName, type Experiment } from "../experiment.ts";
import { type Place, type Stage, stage } from "../stage.ts";

/** The last stage's output: every evaluation's score, and each against the baselines. */
export interface ExperimentResult {
  readonly summaries: readonly { readonly run: string; readonly summary: Summary }[];
  readonly comparisons: readonly { readonly runs: readonly [string, string]; readonly dataset: string; readonly comparison: Comparison }[];
}

/** Changes with what the result holds, so that one of an older version is made anew. */
const FORMAT = 2;

/** Scores, comparisons, tables and the page. */
export function reportStage({ experiment, evaluations, place }: { readonly experiment: Experiment; readonly evaluations: readonly Stage[]; readonly place: Place }): Stage {
  const { baseline, trajectories } = experiment.report;
  const labels = labelsOf(experiment);
  return stage({
    kind: "report",
    name: experiment.name,
    place,
    keeps: [],
    needs: evaluations,
    inputs: { format: FORMAT, baseline: baseline ?? "", trajectories, ...(labels.size > 0 && { labels: Object.fromEntries(labels) }) },
    estimate: nothing,
    run: async (folder, { signal, onNote }) => {
      const { buildReport, markdownReport, writeReportPage } = await import("../../report/index.ts");
      for (const each of evaluations) {
        const wanted = labels.get(each.name);
        if (wanted) await writeRunLabels(each.folder, { ...(await readRunLabels(each.folder)), ...wanted });
      }
      const paths = evaluations.map((each) => each.folder);
      const report = await buildReport(paths, { signal });
      report.notes.forEach(onNote);
      await writeFile(join(folder, "report.md"), markdownReport(report.tables));
      await writeReportPage(join(folder, "report.html"), report, { paths, questions: report.questions, embed: trajectories, signal });
      return resultOf(experiment, evaluations);
    },
  });
}

/** What the experiment says of its evaluations that cannot be read from their runs, by the stage's name. */
function labelsOf({ evaluations }: Experiment): ReadonlyMap<string, RunLabels> {
  return new Map(Object.entries(evaluations).flatMap(([name, { labels, questions }]) => (labels ? [questions].flat().map((each) => [evaluationName(name, each), labels] as const) : [])));
}

async function resultOf({ evaluations: specs, report: { baseline = [] } }: Experiment, stages: readonly Stage[]): Promise<ExperimentResult> {
  const scores = new Map<string, Score[]>();
  for (const { name, folder } of stages) scores.set(name, await Array.fromAsync(scoreRuns(readTrajectories(join(folder, "trajectories.jsonl")), { grader: "recorded" })));
  const summaries = await Promise.all([...scores].map(async ([run, each]) => (await summarize(each)).map((summary) => ({ run, summary }))));
  const baselines = [baseline].flat();
  const pairs = baselines.flatMap((against, index) =>
    Object.entries(specs)
      .filter(([name]) => !baselines.slice(0, index + 1).includes(name))
      .flatMap(([name, spec]) => [spec.questions].flat().map((questions) => ({ runs: [evaluationName(name, questions), evaluationName(against, questions)] as const, dataset: questions }))),
  );
  const comparisons = await Promise.all(
    pairs.flatMap(({ runs, dataset }) => {
      const [ours, theirs] = [scores.get(runs[0]), scores.get(runs[1])];
      return ours && theirs ? [compare(ours, theirs).then((comparison) => ({ runs, dataset, comparison }))] : [];
    }),
  );
  return { summaries: summaries.flat(), comparisons };
}
