import { table2 } from "../paper/main-results.ts";
import { table3, table4, table5, table6, table7, table8 } from "../paper/other-results.ts";
import { benchmarks, trainingSets } from "../../eval/index.ts";
import { onBenchmark, type RunGroup } from "../runs/groups.ts";
import type { Setup } from "../runs/labels.ts";
import type { RunStats } from "../runs/stats.ts";
import { average, benchmarkCells, isOn, mathBenchmarks, paperCells } from "./pool.ts";
import type { Cell, Column, ReportTable, TableRow } from "./types.ts";

const percent = (title: string): Column => ({ title, digits: 1 });
const benchmarkColumns = [...benchmarks.map(({ name }) => percent(name)), { title: "Avg.", digits: 2 }];

/** The paper's tables 2 to 8: its own figures, and ours after those that they compare with. */
export function paperTables(groups: readonly RunGroup[]): ReportTable[] {
  return [mainTable, coderTable, familyTable, teacherTable, temperatureTable, seedTable, tuningTable].map((table) => table(groups));
}

function mainTable(groups: readonly RunGroup[]): ReportTable {
  const ours = oursByMethod(groups.filter((group) => isOn(group) && familyOf(group.setup) === undefined));
  const sizes = [...new Set([...table2.map(({ params }) => params), ...ours.map(({ params }) => params)])];
  const rows = sizes.flatMap((size) => {
    const paper = table2.filter(({ params }) => params === size).map(({ method, values }) => ({ method, row: paperRow([size, method, "Qwen2.5-Instruct"], values) }));
    return interleave(paper, ours.filter(({ params }) => params === size));
  });
  return {
    id: "table-2",
    title: "Table 2: main results",
    note: "Accuracy in percent. The paper judges factual answers by a language model and mathematical ones by exact match. FTP: first-thought prefix; SAG: self-consistent action generation; SC: self-consistency.",
    labels: ["Params", "Method", "Model"],
    columns: benchmarkColumns,
    rows,
  };
}

function coderTable(groups: readonly RunGroup[]): ReportTable {
  const fitting = groups.filter((group) => isOn(group) && isDistilledAgent(group) && group.setup.votes && group.setup.teacher !== undefined);
  return {
    id: "table-3",
    title: "Table 3: general and code-specific models",
    note: "Distilled agents with SAG. A run of ours stands here when its run.json names its teacher.",
    labels: ["Teacher", "Student"],
    columns: benchmarkColumns,
    rows: [...table3.map(({ teacher, student, values }) => paperRow([teacher, student], values)), ...fitting.map((group) => oursRow([group.setup.teacher ?? "", group.name], benchmarkCells(group)))],
  };
}

function familyTable(groups: readonly RunGroup[]): ReportTable {
  const fitting = groups.filter((group) => isOn(group) && familyOf(group.setup) !== undefined);
  const rows = (["Llama-3.2-1B", "Phi-4-mini"] as const).flatMap((family) => {
    const paper = table4.filter((row) => row.family === family).map(({ method, values }) => ({ method, row: paperRow([family, method], values) }));
    const ours = oursByMethod(fitting.filter(({ setup }) => familyOf(setup) === family)).map(({ method, row }) => ({ method, row: { ...row, labels: [row.labels[2] ?? "", method] } }));
    return interleave(paper, ours);
  });
  return { id: "table-4", title: "Table 4: other model families", note: "Accuracy in percent. The averages that the paper prints here are not those of its own columns.", labels: ["Student", "Method"], columns: benchmarkColumns, rows };
}

function teacherTable(groups: readonly RunGroup[]): ReportTable {
  const ids: string[] = trainingSets.map(({ id }) => id);
  const ours = groups.filter((group) => isOn(group, ids)).map((group) => ({ method: group.method, row: oursRow([group.method, group.name], benchmarkCells(group, ids).slice(0, -1)) }));
  const paper = table5.map(({ method, values }) => ({ method, row: paperRow([method, "Qwen2.5-32B-Instruct"], values) }));
  return {
    id: "table-5",
    title: "Table 5: the teacher on training questions",
    note: "Hard: levels 4–5; medium: levels 2–3.",
    labels: ["Method", "Model"],
    columns: trainingSets.map(({ name }) => percent(name)),
    rows: interleave(paper, ours),
  };
}

function temperatureTable(groups: readonly RunGroup[]): ReportTable {
  const digits = (temperature: number) => (Number.isInteger(temperature) ? temperature.toFixed(1) : String(temperature));
  const ours = groups
    .filter((group) => group.setup.solver === "agent" && group.setup.votes && isOn(group, mathBenchmarks))
    .flatMap((group) => {
      const { temperature } = group.setup;
      return temperature === undefined ? [] : [{ method: digits(temperature), row: oursRow([digits(temperature), `${group.name}, ${group.method}`], benchmarkCells(group, mathBenchmarks)) }];
    });
  const paper = table6.map(({ temperature, values }) => ({ method: digits(temperature), row: paperRow([digits(temperature), "Qwen2.5-1.5B-Instruct, Agent Distill + FTP + SAG"], values) }));
  return {
    id: "table-6",
    title: "Table 6: temperature of SAG",
    note: "Agents with SAG. Ours: the sampler's name or run.json says the temperature.",
    labels: ["Temperature", "Model"],
    columns: [...mathBenchmarks.map((id) => percent(benchmarks.find((each) => each.id === id)?.name ?? id)), { title: "Avg. (math)", digits: 2 }],
    rows: interleave(paper, ours),
  };
}

function seedTable(groups: readonly RunGroup[]): ReportTable {
  const ours = groups.flatMap((group) => {
    const run = group.setup.solver === "agent" ? onBenchmark(group, "aime") : undefined;
    const seeds = run?.graded ? seedAccuracies(run) : [];
    const params = group.setup.params ?? "?";
    return seeds.length < 2 ? [] : [{ method: params, row: oursRow([params, `${group.name}, ${group.method}`], spread(seeds)) }];
  });
  const paper = table7.map(({ params, values }) => ({ method: params, row: paperRow([params, "Qwen2.5-Instruct, Agent Distill + FTP + SAG"], values) }));
  return {
    id: "table-7",
    title: "Table 7: spread over seeds on AIME",
    note: "Mean accuracy and standard deviation over seeds (5 in the paper). Ours: at least two seeds; the sample standard deviation.",
    labels: ["Params", "Model"],
    columns: [{ title: "Avg", digits: 2 }, { title: "Std", digits: 2 }],
    rows: interleave(paper, ours),
  };
}

function tuningTable(groups: readonly RunGroup[]): ReportTable {
  const names = { lora: "LoRA", full: "Full fine-tuning" };
  const ours = groups
    .filter((group) => isOn(group) && isDistilledAgent(group) && group.setup.tuning !== undefined)
    .map((group) => {
      const tuning = names[group.setup.tuning ?? "lora"];
      return { method: tuning, row: oursRow([tuning, `${group.name}, ${group.method}`], benchmarkCells(group)) };
    });
  const paper = table8.map(({ tuning, values }) => ({ method: names[tuning], row: paperRow([names[tuning], "Qwen2.5-1.5B-Instruct"], values) }));
  return {
    id: "table-8",
    title: "Table 8: LoRA and full fine-tuning",
    note: "Distilled agents. A run of ours stands here when its run.json says how it was tuned.",
    labels: ["Tuning", "Model"],
    columns: benchmarkColumns,
    rows: interleave(paper, ours),
  };
}

interface MethodRow {
  readonly method: string;
  readonly row: TableRow;
}

function oursByMethod(groups: readonly RunGroup[]): (MethodRow & { readonly params: string })[] {
  return groups.map((group) => {
    const { method, name, setup: { params = "?" } } = group;
    return { params, method, row: oursRow([params, method, name], benchmarkCells(group)) };
  });
}

/** Ours after the paper's row of the same method; what the paper has no row for, at the end. */
function interleave(paper: readonly MethodRow[], ours: readonly MethodRow[]): TableRow[] {
  const methods = new Set(paper.map(({ method }) => method));
  const of = (method: string) => ours.filter((each) => each.method === method).map(({ row }) => row);
  return [...paper.flatMap(({ method, row }) => [row, ...of(method)]), ...ours.filter(({ method }) => !methods.has(method)).map(({ row }) => row)];
}

function seedAccuracies({ bySeed }: RunStats): number[] {
  return [...bySeed.values()].filter(({ n }) => n > 0).map(({ right, n }) => (100 * right) / n);
}

function spread(values: readonly number[]): Cell[] {
  const mean = average(values.map((value) => ({ value })))?.value ?? 0;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return [{ value: mean, n: values.length }, { value: Math.sqrt(variance), n: values.length }];
}

function familyOf({ model }: Setup): "Llama-3.2-1B" | "Phi-4-mini" | undefined {
  if (/llama.?3\.2.*1b/i.test(model)) return "Llama-3.2-1B";
  return /phi.?4.*mini/i.test(model) ? "Phi-4-mini" : undefined;
}

function isDistilledAgent({ setup }: RunGroup): boolean {
  return setup.solver === "agent" && setup.distilled;
}

function paperRow(labels: readonly string[], values: readonly number[]): TableRow {
  return { source: "paper", labels, cells: paperCells(values) };
}

function oursRow(labels: readonly string[], cells: readonly (Cell | undefined)[]): TableRow {
  return { source: "ours", labels, cells };
}

