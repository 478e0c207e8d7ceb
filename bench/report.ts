// The report over 5,000, 50,000 and 150,000 trajectories, with little memory for objects, and the viewer's page with 10,000 in
// Chromium, served and from disk: until the list is complete, and until a search is drawn. Needs `npm run build`.
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { openBrowser } from "../test/support/browser.ts";
import type * as Built from "../src/report/index.ts";
import { makeTrajectories, writeJournal } from "../test/support/trajectories.ts";
import { median } from "./stats.ts";

const dist = resolve(import.meta.dirname, "../dist/report.js");
const folder = await mkdtemp(join(tmpdir(), "apprentice-bench-"));

async function report(count: number): Promise<void> {
  const file = join(folder, `${count}`, "gsm_hard.jsonl");
  await writeJournal(file, makeTrajectories(count, { solver: "agent", samples: 2 }));
  const script = `
    import { buildReport, writeReportPage } from ${JSON.stringify(dist)};
    const start = performance.now();
    const report = await buildReport([${JSON.stringify(file)}]);
    const built = performance.now() - start;
    const { embedded } = await writeReportPage(${JSON.stringify(`${file}.html`)}, report, { paths: [${JSON.stringify(file)}], questions: report.questions, embed: 2000 });
    console.log(JSON.stringify({ buildMs: Math.round(built), withPageMs: Math.round(performance.now() - start), embedded, peakMiB: Math.round(process.resourceUsage().maxRSS / 1024) }));`;
  const line = execFileSync(process.execPath, ["--max-old-space-size=96", "--input-type=module", "-e", script], { encoding: "utf8" });
  const MiB = Math.round((await stat(file)).size / 2 ** 20);
  console.log(JSON.stringify({ name: `report: ${count} trajectories`, MiB, ...(JSON.parse(line) as object), cores: cpus().length, node: process.version }));
}

interface Opening {
  readonly first: number;
  readonly complete: number;
  readonly search: number;
}

async function opened(browser: Browser, url: string): Promise<Opening> {
  // Waiting for a condition takes eval, which the page's own policy forbids.
  const page = await browser.newPage({ bypassCSP: true });
  const until = async (condition: string) => {
    await page.waitForFunction(condition, undefined, { polling: 16 });
    return performance.now() - start;
  };
  const start = performance.now();
  await page.goto(url);
  const first = await until("document.querySelector('.row')");
  const complete = await until("document.querySelector('[role=status]')?.textContent.startsWith('10,000')");
  const searching = performance.now() - start;
  await page.evaluate("(box => { box.value = 'q9876'; box.dispatchEvent(new Event('input', { bubbles: true })); })(document.querySelector('#search'))");
  const search = (await until("document.querySelector('[role=status]')?.textContent.startsWith('1 of')")) - searching;
  await page.close();
  return { first, complete, search };
}

async function page(): Promise<void> {
  const file = join(folder, "page", "gsm_hard.jsonl");
  await writeJournal(file, makeTrajectories(10_000, { solver: "agent", samples: 2 }));
  const { buildReport, startViewer, writeReportPage } = (await import(dist)) as typeof Built;
  const html = join(folder, "page.html");
  const report = await buildReport([file]);
  await writeReportPage(html, report, { paths: [file], questions: report.questions, embed: 10_000 });
  const viewer = await startViewer({ paths: [file] });
  const browser = await openBrowser();
  // The first opening waits for the server to have read the journal.
  await opened(browser, viewer.url);
  for (const [name, url] of [["served", viewer.url], ["from disk", `${pathToFileURL(html).href}#/`]] as const) {
    const runs: Opening[] = [];
    for (let run = 0; run < 5; run += 1) runs.push(await opened(browser, url));
    const of = (pick: (run: Opening) => number) => Math.round(median(runs.map(pick)));
    console.log(JSON.stringify({ name: `page of 10,000, ${name}`, runs: runs.length, firstRowMs: of(({ first }) => first), completeMs: of(({ complete }) => complete), searchMs: of(({ search }) => search), MiB: Math.round((await stat(name === "served" ? file : html)).size / 2 ** 20) }));
  }
  await browser.close();
  await viewer.close();
}

try {
  await report(5000);
  await report(50_000);
  await report(150_000);
  await page();
} finally {
  await rm(folder, { recursive: true, force: true });
}
