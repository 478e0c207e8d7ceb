import Table from "cli-table3";
import type { Comparison, Estimate, Summary } from "../../eval/index.ts";
import { cutOffNote } from "../../trajectory/count.ts";
import { printable } from "./printable.ts";

const plain = { style: { head: [], border: [], compact: true } };

/** One line for each summary. */
export function summaryTable(rows: readonly { readonly runs: string; readonly summary: Summary }[]): string {
  if (rows.length === 0) return "No finished runs.\n";
  const factual = rows.some(({ summary }) => summary.f1 !== undefined);
  const priced = rows.some(({ summary }) => summary.cost !== undefined);
  const saving = rows.some(({ summary }) => summary.tokensSaved !== undefined);
  const grouped = rows.some(({ summary }) => summary.group !== undefined);
  const table = new Table({
    ...plain,
    head: [
      "runs", "set", ...(grouped ? ["group"] : []), "solver", "model", "n", "right %", "95 %", ...(factual ? ["EM %", "F1 %"] : []),
      "errors", "no answer", "cut off", "parse err.", "exec. err.", "steps", "tool calls", "tokens out", ...(saving ? ["saved"] : []), "s", ...(priced ? ["$"] : []),
    ],
  });
  for (const { runs, summary } of rows) {
    const { outcomes } = summary;
    table.push([
      ...[runs, summary.dataset, ...(grouped ? [summary.group ?? ""] : []), solverName(summary), summary.model].map(printable),
      summary.runs === summary.questions ? String(summary.runs) : `${summary.questions} (${summary.runs} runs)`,
      percent(summary.accuracy.value), interval(summary.accuracy),
      ...(factual ? [percent(summary.exactMatch?.value), percent(summary.f1?.value)] : []),
      String(outcomes.error), String(outcomes.noAnswer), String(summary.cutOff), fixed(summary.parseErrors), fixed(summary.executionErrors),
      fixed(summary.steps), fixed(summary.toolCalls), String(Math.round(summary.outputTokens)), ...(saving ? [String(Math.round(summary.tokensSaved ?? 0))] : []), fixed(summary.ms / 1000),
      ...(priced ? [summary.cost?.toFixed(4) ?? ""] : []),
    ]);
  }
  return `${table.toString()}\n`;
}

/** A line for each summary that a limit of tokens may have decided. */
export function cutOffNotes(rows: readonly { readonly runs: string; readonly summary: Summary }[]): string {
  return rows
    .flatMap(({ runs, summary }) => {
      const note = cutOffNote(summary.cutOff, summary.runs);
      return note === undefined ? [] : `${runs}, ${printable(summary.dataset)}: ${note}\n`;
    })
    .join("");
}

/** Two runs on the same questions, in sentences. */
export function comparisonText([first, second]: readonly [string, string], dataset: string, comparison: Comparison): string {
  const { difference, table, unpaired, questions } = comparison;
  const set = printable(dataset);
  if (questions === 0) return `${first} and ${second} have no question of ${set} in common.\n`;
  const lines = [
    `${first} against ${second}, ${comparison.measure} on ${questions} shared questions of ${set}: ${percent(comparison.first)} % and ${percent(comparison.second)} %`,
    `  difference ${signed(difference.value)} points, 95 % interval ${signed(difference.low)} to ${signed(difference.high)}, paired bootstrap p ${pValue(difference.p)}`,
  ];
  if (table) lines.push(`  right: both ${table.both}, only the first ${table.onlyFirst}, only the second ${table.onlySecond}, neither ${table.neither}; exact McNemar p ${pValue(table.p)}`);
  if (unpaired.first + unpaired.second > 0) lines.push(`  left out: ${unpaired.first} questions of the first and ${unpaired.second} of the second, which the other was not asked`);
  return `${lines.join("\n")}\n`;
}

function solverName({ solver, sampler, firstThought }: Summary): string {
  return `${solver} ${sampler}${firstThought ? " +ftp" : ""}`;
}

function percent(share: number | undefined): string {
  return share === undefined ? "" : (100 * share).toFixed(1);
}

function interval({ low, high }: Estimate): string {
  return `${percent(low)}–${percent(high)}`;
}

function signed(share: number): string {
  return `${share < 0 ? "−" : "+"}${percent(Math.abs(share))}`;
}

function fixed(value: number): string {
  return value.toFixed(2);
}

function pValue(p: number): string {
  return p < 0.001 ? "< 0.001" : `= ${p.toPrecision(2)}`;
}
