// CPU-heavy Python in the sandbox, against smolagents' LocalPythonExecutor.
import { pyodideSandbox } from "../src/sandbox/index.ts";
import { SmolagentsPeer } from "./peer.ts";
import { report } from "./stats.ts";

const snippets = {
  sieve: `n = 20000
flags = [True] * n
for i in range(2, 142):
    if flags[i]:
        for j in range(i * i, n, i):
            flags[j] = False
count = 0
for i in range(2, n):
    if flags[i]:
        count += 1
count`,
  "nested loops": `count = 0
for a in range(120):
    for b in range(120):
        if (a * b) % 7 == 3:
            count += 1
count`,
  "string building": `text = ""
for i in range(10000):
    text += str(i % 10)
len(text)`,
};

const sandbox = pyodideSandbox();
const session = await sandbox.open();
const peer = new SmolagentsPeer();

async function ours(code: string): Promise<{ ms: number; answer: string }> {
  const start = performance.now();
  for await (const attempt of session.fork([code])) {
    const ms = performance.now() - start;
    await session.commit(attempt);
    return { ms, answer: attempt.value ?? JSON.stringify(attempt.error) };
  }
  throw new Error("no attempt");
}

for (const [name, code] of Object.entries(snippets)) {
  const [mine, theirs]: [number[], number[]] = [[], []];
  for (let index = -2; index < 11; index += 1) {
    const [a, b] = [await ours(code), await peer.time({ kind: "execute", code })];
    if (a.answer !== b.answer) throw new Error(`${name}: ${a.answer} is not ${b.answer}`);
    if (index < 0) continue;
    mine.push(a.ms);
    theirs.push(b.ms);
  }
  report(`snippet: ${name}`, mine, theirs);
}
peer.close();
await session.dispose();
await sandbox.dispose();
