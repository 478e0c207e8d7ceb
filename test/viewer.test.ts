import { appendFile, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createAgent, tool } from "../src/index.ts";
import { buildReport, startViewer, type Viewer, writeReportPage } from "../src/report/index.ts";
import { pyodideSandbox } from "../src/sandbox/index.ts";
import { scriptedModel } from "../src/testing/index.ts";
import { openBrowser } from "./support/browser.ts";
import { hostileTrajectories, markup } from "./support/hostile-trajectories.ts";
import { makeTrajectories, makeTrajectory, writeJournal } from "./support/trajectories.ts";

const folder = await mkdtemp(join(tmpdir(), "apprentice-viewer-"));
let browser: Browser;
const opened: { page: Page; problems: string[] }[] = [];
const viewers: Viewer[] = [];

beforeAll(async () => {
  browser = await openBrowser();
});

afterEach(async () => {
  // Nothing that a page complains about is fine: an error, or something that its content policy stopped.
  for (const { page, problems } of opened.splice(0)) {
    expect(problems).toEqual([]);
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    await page.context().close();
  }
  for (const viewer of viewers.splice(0)) await viewer.close();
});

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

async function view(...paths: string[]): Promise<Viewer> {
  const viewer = await startViewer({ paths });
  viewers.push(viewer);
  return viewer;
}

async function open(url: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
  page.on("request", (made) => {
    if (!/^(?:http:\/\/127\.0\.0\.1:|file:|data:)/.test(made.url())) problems.push(`asked for ${made.url()}`);
  });
  opened.push({ page, problems });
  await page.goto(url);
  return page;
}

function rows(page: Page, options: { selected?: boolean } = {}): Locator {
  return page.getByRole("listbox", { name: "Trajectories" }).getByRole("option", options);
}

describe("the viewer", () => {
  const runs = join(folder, "runs");

  beforeAll(async () => {
    await writeJournal(join(runs, "cot/journal.jsonl"), makeTrajectories(40, { solver: "cot" }));
    await writeJournal(join(runs, "agent/journal.jsonl"), makeTrajectories(40, { solver: "agent", samples: 8, firstThought: true }));
  });

  it("lists what is in the folders, and narrows the list as one types and chooses", async () => {
    const page = await open((await view(runs)).url);
    await expect.poll(() => page.getByRole("status").innerText()).toContain("80 trajectories");
    await page.getByRole("searchbox").fill("8919 crates");
    await expect.poll(() => page.getByRole("status").innerText()).toContain("2 of 80");
    await page.getByTitle("Run").selectOption("agent");
    await expect.poll(() => rows(page).filter({ hasText: "8919" }).count()).toBe(1);
    await page.getByRole("searchbox").fill("nothing has this");
    await page.getByRole("button", { name: "Show all" }).click();
    await expect.poll(() => page.getByRole("status").innerText()).toContain("80 trajectories");
  });

  it("shows one trajectory: the question, the prefix marked, code in colours, the vote, what was observed", async () => {
    const page = await open((await view(join(runs, "agent"))).url);
    await rows(page).first().click();
    const pane = page.getByRole("region", { name: "Trajectory of agent" });
    await pane.getByText("A warehouse holds 1000 crates").first().waitFor();
    expect(await pane.locator("mark.given").first().innerText()).toContain("To find the lamps left");
    expect(await pane.locator(".hljs-string").first().innerText()).toBe('"lamps per crate"');
    expect(await pane.getByText('web_search(query="lamps per crate")').count()).toBeGreaterThan(0);
    const tabs = pane.getByRole("article", { name: "Step 1" }).getByRole("tab");
    expect(await tabs.count()).toBe(8);
    expect(await pane.locator(".ticket.winner").first().innerText()).toContain("committed");
    expect(await pane.locator(".groups li").first().innerText()).toMatch(/A\s+\d votes/);
    expect(await pane.getByText("Observation:").count()).toBeGreaterThan(0);
    expect(await page.evaluate("getComputedStyle(document.querySelector('.hljs-string')).color !== getComputedStyle(document.querySelector('pre.code')).color")).toBe(true);
  });

  it("counts a run that was repeated after a failure once, by the record that stands", async () => {
    const [right, other] = [1, 2].map((index) => ({
      ...makeTrajectory(index, { solver: "cot" }),
      outcome: { type: "answered", answer: "1", by: "response" },
      grade: { grader: "math", correct: true, score: 1 },
    }));
    const failed = { ...right, outcome: { type: "error", code: "timeout", message: "timeout" } };
    const file = join(folder, "repeated.jsonl");
    await writeFile(file, [failed, right, failed, other].map((each) => `${JSON.stringify(each)}\n`).join(""));
    const page = await open((await view(file)).url);
    await expect.poll(() => page.getByRole("status").innerText()).toMatch(/4 trajectories.*100\.0 % right/);
  });

  it("is used by keyboard alone", async () => {
    const page = await open((await view(runs)).url);
    await rows(page).first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => rows(page, { selected: true }).getAttribute("aria-posinset")).toBe("2");
    await page.keyboard.press("End");
    await expect.poll(() => rows(page, { selected: true }).getAttribute("aria-posinset")).toBe("80");
    await page.keyboard.press("Home");
    await page.getByRole("tab").first().focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("tab").nth(1).getAttribute("aria-selected")).toBe("true");
    await page.keyboard.press("c");
    await expect.poll(() => page.getByRole("region").count()).toBe(2);
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("region").count()).toBe(0);
    await page.keyboard.press("/");
    await page.keyboard.type("8919");
    await expect.poll(() => page.getByRole("status").innerText()).toContain("2 of 80");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    expect(await page.getByRole("dialog", { name: "Keys" }).isVisible()).toBe(true);
  });

  it("puts two runs of one question side by side, at an address that can be kept", async () => {
    const page = await open((await view(runs)).url);
    await rows(page).first().click();
    await page.locator("#beside").selectOption({ index: 1 });
    await expect.poll(() => page.getByRole("region").count()).toBe(2);
    await page.reload();
    await page.getByRole("region", { name: "Trajectory of agent" }).getByText("A warehouse holds 1000 crates").first().waitFor();
    await page.getByRole("region", { name: "Trajectory of cot" }).getByText("A warehouse holds 1000 crates").first().waitFor();
  });

  it("follows the system's dark and light, and fits a narrow screen", async () => {
    const { url } = await view(runs);
    const background = "getComputedStyle(document.body).backgroundColor";
    const dark = await open(url, { colorScheme: "dark", viewport: { width: 360, height: 700 } });
    const light = await open(url, { colorScheme: "light" });
    expect(await dark.evaluate(background)).not.toBe(await light.evaluate(background));
    await rows(dark).first().click();
    await dark.getByRole("article").first().waitFor();
    expect(await dark.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await expect.poll(() => rows(dark).first().isVisible()).toBe(false);
    await dark.getByRole("button", { name: "List" }).click();
    await expect.poll(() => rows(dark).first().isVisible()).toBe(true);
    await light.keyboard.press("d");
    expect(await light.evaluate(background)).toBe(await dark.evaluate(background));
  });

  it("draws only the rows in sight of ten thousand, and finds one among them", async () => {
    const many = join(folder, "many");
    await writeJournal(join(many, "journal.jsonl"), makeTrajectories(10_000, { solver: "cot" }));
    const page = await open((await view(many)).url);
    await expect.poll(() => page.getByRole("status").innerText(), { timeout: 30_000 }).toContain("10,000 trajectories");
    expect(await rows(page).count()).toBeLessThan(60);
    await page.keyboard.press("End");
    await expect.poll(() => rows(page, { selected: true }).getAttribute("aria-posinset")).toBe("10000");
    await page.getByRole("searchbox").fill("q9876 ");
    await expect.poll(() => page.getByRole("status").innerText()).toContain("1 of 10,000");
  });
});

describe("what the agent really records", () => {
  it("is shown: a turn without code, an error, a tool call, the answer", async () => {
    const sandbox = pyodideSandbox();
    const lookUp = tool({ name: "look_up", description: "Looks up.", input: z.object({ key: z.string() }), effect: "read", run: ({ key }) => `<b>${key}</b>` });
    const model = scriptedModel(["No code at all.", "Thought: try\nCode:\n```py\n1 / 0\n```", "Thought: ask\nCode:\n```py\nprint(look_up(key='a'))", "Thought: done\nCode:\n```py\nfinal_answer(42)\n```"]);
    const trajectory = await createAgent({ model, sandbox, tools: [lookUp] }).run("What is it?").result;
    await sandbox.dispose();
    await writeJournal(join(folder, "real/journal.jsonl"), [trajectory]);
    const page = await open((await view(join(folder, "real"))).url);
    await rows(page).first().click();
    for (const text of ["No code at all.", "ZeroDivisionError: division by zero", 'look_up(key="a")', "<b>a</b>"]) await page.getByText(text).first().waitFor();
    expect(await page.locator(".outcome .answer").innerText()).toBe("42");
  });
});

describe("a run in progress", () => {
  it("appears line by line, a half-written line only when it is whole, and survives a rewritten file", async () => {
    const live = join(folder, "live");
    const file = join(live, "journal.jsonl");
    await writeJournal(file, []);
    const page = await open((await view(live)).url);
    const status = () => page.getByRole("status").innerText();
    await page.getByText("No trajectories yet").waitFor();
    const [first, second] = [0, 1].map((index) => `${JSON.stringify(makeTrajectory(index, { solver: "agent" }))}\n`) as [string, string];
    await appendFile(file, first + second.slice(0, 200));
    await expect.poll(status).toContain("1 trajectory");
    await appendFile(file, second.slice(200));
    await expect.poll(status).toContain("2 trajectories");
    await appendFile(file, "no json\n");
    await page.getByText("1 line could not be read").waitFor();
    await truncate(file, 0);
    await writeFile(file, first);
    await expect.poll(status).toContain("1 trajectory");
  });
});

describe("hostile trajectories", () => {
  const hostile = join(folder, "hostile");

  beforeAll(async () => {
    await writeJournal(join(hostile, "<img src=x onerror=window.hacked=1>", "a.jsonl"), hostileTrajectories());
    await writeJournal(join(hostile, "twice.jsonl"), hostileTrajectories());
  });

  async function lookAtAll(page: Page): Promise<void> {
    const count = hostileTrajectories().length;
    await rows(page).first().waitFor();
    for (let row = 0; row < count; row += 1) {
      await page.keyboard.press("j");
      await page.getByText("that the run began with").waitFor();
      // Every candidate, raw and parsed, and everything that unfolds.
      await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
      const tab = page.getByRole("tab").last();
      if (await tab.count()) await tab.click();
      const raw = page.getByRole("button", { name: "as written" });
      if (await raw.count()) await raw.first().click();
      const more = page.getByRole("button", { name: /^Show (?:all|more) of/ });
      if (await more.count()) await more.first().click();
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    }
    // No element came out of any text: the page holds only those that it makes.
    expect(await page.locator("#viewer :is(script, img, iframe, a, style, object, embed, form[action])").count()).toBe(0);
  }

  it("are text in the served page", async () => {
    const page = await open((await view(hostile)).url);
    await lookAtAll(page);
    await page.evaluate("location.hash = '#/t/hostile%2Fmarkup'");
    await page.locator(".question", { hasText: markup.split("\n")[1] ?? "" }).waitFor();
    await page.evaluate("location.hash = '#/t/hostile%2Funseen'");
    await page.locator(".question .unseen").first().waitFor();
    const shown = await page.locator(".question").innerText();
    expect(shown.replaceAll(/\s/g, "")).toBe("aU+202EbU+2066cU+200BdU+0000eU+001B[31mfU+0007gU+FEFFhU+2028iU+E0041");
  });

  it("are text in the report's page, which runs no script but its own", async () => {
    const file = join(folder, "report.html");
    const report = await buildReport([hostile]);
    await writeReportPage(file, report, { paths: [hostile], questions: report.questions, embed: 100 });
    const page = await open(pathToFileURL(file).href);
    await page.getByRole("heading", { name: "Report" }).waitFor();
    expect(await page.locator("main :is(script, img, iframe, a, style)").count()).toBe(0);
    await page.getByRole("link", { name: "Trajectories" }).click();
    await lookAtAll(page);
    // The policy holds: a script that got into the page would not run.
    const page2 = await (await browser.newContext()).newPage();
    await page2.goto(pathToFileURL(file).href);
    const ran = page2.evaluate("try { const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s); } catch {} ; window.hacked");
    expect(await ran).toBeUndefined();
    await page2.context().close();
  });

  it("sends everything to a page that comes back to another server", async () => {
    const events = async (url: string, until: string, headers: Record<string, string> = {}) => {
      const response = await fetch(new URL("/api/summaries", url), { headers });
      let text = "";
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString();
        if (text.includes(until)) break;
      }
      return text;
    };
    const before = await events((await view(hostile)).url, "id: ");
    const id = /^id: (.+)$/m.exec(before)?.[1] ?? "";
    expect(id).not.toBe("");
    expect(await events((await view(hostile)).url, "event: unreadable", { "last-event-id": id })).toContain("event: reset");
  });

  it("cannot be read by another site whose name points here", async () => {
    const { url } = await view(hostile);
    const { port } = new URL(url);
    const status = await new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port, path: "/api/summaries", headers: { host: "evil.example" } }, (response) => {
        resolve(response.statusCode);
        response.destroy();
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

describe("the report's page", () => {
  it("opens from disk with its trajectories, and says when it holds a part of them, the same questions of each run", async () => {
    const runs = join(folder, "part");
    for (const solver of ["cot", "agent"] as const) await writeJournal(join(runs, solver, "journal.jsonl"), makeTrajectories(200, { solver, metadata: { dataset: "math_500" } }));
    const file = join(folder, "part.html");
    const report = await buildReport([runs]);
    const { embedded } = await writeReportPage(file, report, { paths: [runs], questions: report.questions, embed: 100 });
    expect(embedded).toBeGreaterThan(50);
    expect(embedded).toBeLessThanOrEqual(100);
    const page = await open(pathToFileURL(file).href);
    expect(await page.locator("#table-2 tr.ours").count()).toBe(2);
    expect(await page.locator("#figure-4 svg[role=img]").count()).toBe(2);
    await page.getByRole("link", { name: "Trajectories" }).click();
    await page.getByText(`This page holds ${embedded} of 400 trajectories.`).waitFor();
    await rows(page).first().click();
    await page.getByText("A warehouse holds").nth(3).waitFor();
    expect(await page.locator("#beside option").count()).toBe(2);
  });

  it("takes questions whole, however many runs there are of them, and none of a run that was interrupted", async () => {
    const runs = join(folder, "whole");
    const made = [...makeTrajectories(30, { solver: "cot" })];
    const interrupted = made.map((each) => ({ ...each, id: `${each.id}-again`, outcome: { type: "aborted" as const, message: "stopped" } }));
    for (const name of ["a", "b", "c", "d"]) await writeJournal(join(runs, name, "journal.jsonl"), [...interrupted, ...made]);
    const report = await buildReport([runs]);
    for (const embed of [3, 47, 119, 120]) {
      const { embedded } = await writeReportPage(join(folder, "whole.html"), report, { paths: [runs], questions: report.questions, embed });
      expect(embedded).toBe(4 * Math.floor(embed / 4));
    }
  });
});
