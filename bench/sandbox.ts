// Sandbox ready from the snapshot on disk, against plain loadPyodide in a worker; and a warm `1+1`.
import { Worker } from "node:worker_threads";
import { pyodideSandbox } from "../src/sandbox/index.ts";
import { median, report, timed } from "./stats.ts";

const plain = `
import { parentPort } from "node:worker_threads";
import { loadPyodide } from "pyodide";
const pyodide = await loadPyodide();
pyodide.runPython("1+1");
parentPort.postMessage("ready");
`;

async function open(): Promise<void> {
  const sandbox = pyodideSandbox();
  const session = await sandbox.open();
  for await (const attempt of session.fork(["1+1"])) await session.commit(attempt);
  opened.push(() => sandbox.dispose());
}

async function openPlain(): Promise<void> {
  const url = new URL(`data:text/javascript,${encodeURIComponent(plain.replace('"pyodide"', JSON.stringify(import.meta.resolve("pyodide"))))}`);
  const worker = new Worker(url);
  await new Promise((ready, failed) => worker.once("message", ready).once("error", failed));
  opened.push(() => worker.terminate());
}

const opened: (() => Promise<unknown>)[] = [];
const [ours, theirs]: [number[], number[]] = [[], []];
for (let index = -1; index < 11; index += 1) {
  for (const [run, into] of [[open, ours], [openPlain, theirs]] as const) {
    const ms = await timed(run);
    if (index >= 0) into.push(ms);
    await Promise.all(opened.splice(0).map((close) => close()));
  }
}
report("sandbox: ready and first 1+1, against loadPyodide in a worker", ours, theirs);

const sandbox = pyodideSandbox();
const session = await sandbox.open();
const warm: number[] = [];
for (let index = -200; index < 2000; index += 1) {
  const ms = await timed(async () => {
    for await (const attempt of session.fork(["1+1"])) await session.commit(attempt);
  });
  if (index >= 0) warm.push(ms);
}
console.log(JSON.stringify({ name: "sandbox: warm 1+1", runs: warm.length, medianMs: Number(median(warm).toPrecision(3)) }));
await sandbox.dispose();
