import type { RunStats } from "../runs/stats.ts";
import { methodOf } from "../runs/labels.ts";
import { accuracy } from "./pool.ts";
import type { ReportTable } from "./types.ts";

/** Every run that was given, with what it cost: not a table of the paper. */
export function allRunsTable(runs: readonly RunStats[]): ReportTable {
  return {
    id: "runs",
    title: "Runs",
    note: "Everything that was given. Accuracy in percent, with its 95 % interval (Wilson's; the bootstrap's over questions that were asked several times); a question without an answer counts as wrong. Cut off: runs with a turn that the limit of tokens ended. Errors are those of committed actions; errors, steps, calls, tokens and time are means a run. Tokens saved: what candidates that could no longer change a vote would have taken, about.",
    labels: ["Run", "Benchmark", "Model", "Method"],
    columns: [
      { title: "n", digits: 0 },
      { title: "Accuracy", digits: 1 },
      { title: "Answered %", digits: 1 },
      { title: "Failed", digits: 0 },
      { title: "Cut off", digits: 0 },
      { title: "Parse err.", digits: 2 },
      { title: "Exec. err.", digits: 2 },
      { title: "Steps", digits: 2 },
      { title: "Tool calls", digits: 2 },
      { title: "Tokens in", digits: 0 },
      { title: "Tokens out", digits: 0 },
      { title: "Tokens saved", digits: 0 },
      { title: "Seconds", digits: 2 },
      { title: "Cost $", digits: 4 },
    ],
    rows: runs.map((run) => {
      const { setup, trajectories: n } = run;
      const mean = (total: number) => ({ value: total / n });
      return {
        source: "ours",
        labels: [setup.run, setup.benchmark, setup.model, methodOf(setup)],
        cells: [
          { value: n },
          accuracy(run),
          { value: (100 * run.answered) / n },
          { value: run.failed },
          { value: run.cutOff },
          mean(run.parseErrors),
          mean(run.executionErrors),
          mean(run.steps),
          mean(run.toolCalls),
          mean(run.inputTokens),
          mean(run.outputTokens),
          run.tokensSaved > 0 ? mean(run.tokensSaved) : undefined,
          mean(run.ms / 1000),
          run.cost > 0 ? { value: run.cost } : undefined,
        ],
      };
    }),
  };
}
