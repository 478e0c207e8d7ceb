import Table from "cli-table3";
import { type Estimate, type ExperimentEvent, type ExperimentResult, type Stage, type StageProgress, total } from "../../distill/index.ts";
import type { Json } from "../../sandbox/types.ts";
import { collectBar } from "./collect-bar.ts";
import { duration } from "./duration.ts";
import { comparisonText, cutOffNotes, summaryTable } from "./eval-tables.ts";
import { trainingPrinter } from "./training-printer.ts";

/** The stages of an experiment, what is done of them, and what the rest is guessed to take. */
export function planTable(rows: readonly { readonly stage: Stage; readonly done: boolean }[]): string {
  const table = new Table({ head: ["stage", "name", "needs", "state", "tokens", "time", "$"], style: { head: [], border: [], compact: true } });
  for (const { stage, done } of rows) {
    const needs = stage.needs.map(({ kind, name }) => `${kind} ${name}`);
    const state = done ? "done" : stage.missing ? "to do, but see below" : "to do";
    table.push([stage.kind, stage.name, needs.length > 3 ? `${needs.length} stages` : needs.join(", "), state, ...figures(stage.estimate)]);
  }
  const open = rows.filter(({ done }) => !done).map(({ stage }) => stage);
  table.push(["", "", "", `${open.length} of ${rows.length} to do`, ...figures(total(open.map(({ estimate }) => estimate)))]);
  const missing = [...new Set(open.flatMap(({ missing }) => missing?.message ?? []))];
  return `${table.toString()}\nTokens and time are guesses, from the file's estimates.\n${missing.map((each) => `Missing: ${each}\n`).join("")}`;
}

/** Scores of an experiment, and each against the baselines. */
export function resultText(result: Json | undefined, folder: string): string {
  // What the report stage gave, as it was written.
  const { summaries, comparisons } = result as unknown as ExperimentResult;
  const compared = comparisons.map(({ runs, dataset, comparison }) => comparisonText(runs, dataset, comparison)).join("");
  const rows = summaries.map(({ run, summary }) => ({ runs: run, summary }));
  return `${summaryTable(rows)}${cutOffNotes(rows)}${compared}${folder}/report.html\n`;
}

/** One progress over all stages, on stderr. */
export function experimentPrinter(): { event(event: ExperimentEvent): void; progress(progress: StageProgress): void; note(text: string): void; stop(): void } {
  const line = (text: string) => process.stderr.write(`${text}\n`);
  let shown: { readonly stop: () => void } | undefined;
  let runs: ReturnType<typeof collectBar> | undefined;
  let training: ReturnType<typeof trainingPrinter> | undefined;
  const stop = () => {
    shown?.stop();
    [shown, runs, training] = [undefined, undefined, undefined];
  };
  return {
    event(event) {
      stop();
      const { number, of, stage } = event;
      const title = `[${number}/${of}] ${stage.kind} ${stage.name}`;
      if (event.type === "stage_start") {
        const { seconds } = total(event.left.map(({ estimate }) => estimate));
        line(stage.estimate.seconds > 0 ? `${title}, guessed to take ${duration(stage.estimate.seconds)} of the ${duration(seconds)} that are left` : title);
      } else line(`${title}: ${event.cached ? "done before" : "done"}${outcome(event)}`);
    },
    progress(progress) {
      if (progress.type === "runs") {
        shown = runs ??= collectBar();
        runs.update(progress.progress);
      } else {
        shown = training ??= trainingPrinter();
        training.show(progress.event);
      }
    },
    note: line,
    stop,
  };
}

/** What came of a stage of runs. */
function outcome({ output }: Extract<ExperimentEvent, { type: "stage_end" }>): string {
  const { questions, right } = output as { readonly questions?: number; readonly right?: number };
  return questions === undefined || right === undefined ? "" : `, ${right} of ${questions} questions right`;
}

function figures({ tokens, seconds, dollars }: Estimate): string[] {
  return [tokens > 0 ? Math.round(tokens).toLocaleString("en") : "", seconds > 0 ? duration(seconds) : "", dollars === undefined ? "" : dollars.toFixed(2)];
}
