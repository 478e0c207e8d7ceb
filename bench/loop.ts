// The agent loop without model time, against smolagents' CodeAgent with its LocalPythonExecutor, on the same five steps.
import { createAgent } from "../src/index.ts";
import { pyodideSandbox } from "../src/sandbox/index.ts";
import { scriptedModel } from "../src/testing/index.ts";
import { SmolagentsPeer } from "./peer.ts";
import { report, timed } from "./stats.ts";

const turns = [
  ["set up", "rows = list(range(100))\nprint(len(rows))"],
  ["sum", "total = sum(row * row for row in rows)\nprint(total)"],
  ["filter", "even = [row for row in rows if row % 2 == 0]\nprint(len(even))"],
  ["combine", "share = sum(even) / sum(rows)\nprint(round(share, 4))"],
  ["answer", "final_answer(total)"],
] as const;

const sandbox = pyodideSandbox();
const peer = new SmolagentsPeer();
const texts = turns.map(([thought, code]) => `Thought: ${thought}\nCode:\n\`\`\`py\n${code}\n\`\`\`<end_code>`);
const run = async () => {
  const { outcome } = await createAgent({ model: scriptedModel(texts), sandbox }).run("question").result;
  if (outcome.type !== "answered" || outcome.answer !== "328350") throw new Error(JSON.stringify(outcome));
};
const runPeer = async () => {
  const { ms, answer } = await peer.time({ kind: "loop", turns });
  if (answer !== "328350") throw new Error(answer);
  return ms;
};

const ours: number[] = [];
const theirs: number[] = [];
for (let index = -5; index < 40; index += 1) {
  const [a, b] = [await timed(run), await runPeer()];
  if (index < 0) continue;
  ours.push(a);
  theirs.push(b);
}
report("loop: 5 scripted steps, a fresh session a run", ours, theirs);
peer.close();
await sandbox.dispose();
