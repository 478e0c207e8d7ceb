import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { type Command, Option } from "commander";
import { ApprenticeError, messageOf } from "../errors.ts";
import type { Report } from "../report/report.ts";
import { printJson, wholeNumber } from "./options.ts";
import { colours } from "./terminal/colours.ts";
import { printable } from "./terminal/printable.ts";

const formats = ["terminal", "markdown", "csv", "html"] as const;
type Format = (typeof formats)[number];

const endings: Readonly<Record<string, Format>> = { ".html": "html", ".htm": "html", ".md": "markdown", ".csv": "csv", ".txt": "terminal" };

interface ReportOptions {
  readonly out?: string;
  readonly format?: Format;
  readonly all?: boolean;
  readonly trajectories: number;
  readonly json?: boolean;
}

export function reportCommand(program: Command, signal: AbortSignal): void {
  program
    .command("report")
    .description("the paper's tables and figures from runs, and a page with all their trajectories")
    .argument("<dir...>", "folders of trajectories, or .jsonl files")
    .option("-o, --out <file>", "file to write: .html, .md, .csv or .txt (default: tables on stdout)")
    .addOption(new Option("--format <name>", "what to make, where the file's name does not say it").choices(formats))
    .option("--all", "on the terminal, also tables that none of the runs fits")
    .option("--trajectories <n>", "how many the page holds at most", wholeNumber, 10_000)
    .option("--json", "the tables' rows and the figures' points as JSON lines")
    .addHelpText("after", "\nExample:\n  apprentice report runs/ --out report.html")
    .action(async (paths: string[], options: ReportOptions) => {
      await report(paths, options, signal);
    });
}

async function report(paths: readonly string[], options: ReportOptions, signal: AbortSignal): Promise<void> {
  const { out } = options;
  const format = options.format ?? (out === undefined ? "terminal" : endings[extname(out).toLowerCase()]);
  if (format === undefined) throw new ApprenticeError("option_invalid", `${out} could be anything: end it with .html, .md, .csv or .txt, or give --format.`);
  if (format === "html" && out === undefined) throw new ApprenticeError("option_invalid", "A page needs a file: give --out report.html.");

  const { buildReport, csvReport, markdownReport, writeReportPage } = await import("../report/index.ts");
  const made = await buildReport(paths, { signal, onProgress: (trajectories) => process.stderr.isTTY && process.stderr.write(`\r${trajectories} trajectories read`) });
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  for (const note of made.notes) process.stderr.write(`${printable(note)}\n`);

  if (format === "html" && out !== undefined) {
    const { embedded } = await writeReportPage(out, made, { paths, questions: made.questions, embed: options.trajectories, signal });
    process.stderr.write(`${out}: ${made.trajectories} trajectories, ${embedded} of them on the page\n`);
  } else {
    const text = format === "csv" ? csvReport(made.tables, made.figures) : format === "markdown" ? markdownReport(made.tables) : await onTerminal(made, options.all ?? false, out === undefined ? colours.bold : String);
    if (out !== undefined) await save(out, text);
    else if (!options.json) process.stdout.write(text);
  }
  if (options.json) printLines(made);
}

async function save(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new ApprenticeError("file_unwritable", `${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

async function onTerminal({ tables }: Report, all: boolean, strong: (text: string) => string): Promise<string> {
  const { terminalTable } = await import("../report/index.ts");
  const fits = tables.filter(({ rows }) => all || rows.some(({ source }) => source === "ours"));
  const left = tables.filter((table) => !fits.includes(table)).map(({ title }) => title.replace(/:.*/, ""));
  const hint = left.length > 0 ? `No run fits ${left.join(", ")}: --all shows the paper's figures.\n` : "";
  return `${fits.map((table) => terminalTable(table, strong)).join("\n")}\n${hint}`;
}

function printLines({ tables, figures }: Report): void {
  for (const { id, labels, columns, rows } of tables) {
    for (const row of rows) {
      printJson({
        part: id,
        source: row.source,
        labels: Object.fromEntries(labels.map((name, at) => [name, row.labels[at]])),
        cells: Object.fromEntries(columns.flatMap(({ title }, at) => (row.cells[at] ? [[title, row.cells[at]]] : []))),
      });
    }
  }
  for (const { id, points } of figures) for (const point of points) printJson({ part: id, ...point });
}
