/**
 * What the adapter costs on top of node-llama-cpp: greedy decoding of the same prompt by `generate` and by a bare
 * `sequence.evaluate` loop in one process. The two take turns token by token, so that a machine that speeds up or slows
 * down favours neither. Prints JSON; `ratio` is the median time of a token over the bare loop's.
 *
 *     node bench/decode.ts [model] [runs] [tokens]
 */
import { llama } from "../src/model/llama/index.ts";
import { loadLlama } from "../src/model/llama/peer.ts";
import { pullModel } from "../src/model/catalogue/index.ts";

const [name = "qwen2.5-coder-0.5b", runs = "5", tokens = "96"] = process.argv.slice(2);
const maxTokens = Number(tokens);
const messages = [{ role: "user", content: "Explain at length, step by step, how a hash table works, with code in Python." }] as const;

const model = await llama({ model: name });
const runtime = await loadLlama("auto");
const weights = await runtime.loadModel({ modelPath: await pullModel(name) });
const context = await weights.createContext({ contextSize: model.contextSize, threads: runtime.cpuMathCores });
const sequence = context.getSequence();
const prompt = weights.tokenize(model.render(messages), true);

/** Pieces of text as they come. The stop string is one that every token is held against and none begins. */
async function* ours(): AsyncGenerator<string> {
  for await (const event of model.generate({ messages, maxTokens, stop: ["\u0001never"] })) {
    if (event.type === "delta") yield event.text;
  }
}

/** With the adapter's own sampling options: the library's defaults rank tokens first, to no end when decoding greedily. */
async function* bare(): AsyncGenerator<string> {
  await sequence.clearHistory();
  let count = 0;
  for await (const token of sequence.evaluate(prompt, { temperature: 0, topK: 0, topP: 1 })) {
    yield weights.detokenize([token]);
    if (++count === maxTokens) return;
  }
}

interface Side {
  readonly pieces: AsyncGenerator<string>;
  readonly times: number[];
  text: string;
}

/** False once the side has ended. */
async function step(side: Side): Promise<boolean> {
  const start = performance.now();
  const next = await side.pieces.next();
  side.times.push(performance.now() - start);
  if (!next.done) side.text += next.value;
  return !next.done;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const oursTimes: number[] = [];
const bareTimes: number[] = [];
let sameText = true;
for (let run = 0; run <= Number(runs); run++) {
  const a: Side = { pieces: ours(), times: [], text: "" };
  const b: Side = { pieces: bare(), times: [], text: "" };
  for (let turn = 0; turn < maxTokens; turn++) {
    const [first, second] = turn % 2 === 0 ? [a, b] : [b, a];
    if (!((await step(first)) && (await step(second)))) break;
  }
  await Promise.all([a.pieces.return(undefined), b.pieces.return(undefined)]);
  sameText &&= a.text === b.text;
  // The first run only warms up, and the first token of each holds the prompt.
  if (run === 0) continue;
  oursTimes.push(...a.times.slice(1));
  bareTimes.push(...b.times.slice(1));
}
const [oursMs, bareMs] = [median(oursTimes), median(bareTimes)];
console.log(
  JSON.stringify({
    model: name,
    tokensTimed: oursTimes.length,
    sameText,
    oursTokensPerSecond: Number((1000 / oursMs).toFixed(2)),
    bareTokensPerSecond: Number((1000 / bareMs).toFixed(2)),
    ratio: Number((oursMs / bareMs).toFixed(4)),
  }),
);
await model.dispose();
await weights.dispose();
