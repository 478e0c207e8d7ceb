/**
 * What several conversations written at once gain: tokens a second of greedy decoding together, behind a beginning that
 * they share, as agents' prompts do. The numbers take turns round by round, so that a machine that speeds up or slows down
 * favours none. Prints the medians.
 *
 *     node bench/batch.ts [model] [rounds] [tokens] [conversations, e.g. 1,8]
 */
import { codeAct } from "../src/agent/dialect.ts";
import { openingMessages, teacherPrompt } from "../src/agent/prompt.ts";
import { llama } from "../src/model/llama/index.ts";
import { median } from "./stats.ts";

const [name = "qwen2.5-coder-0.5b", rounds = "3", tokens = "32", conversations = "1,4,8,16,24"] = process.argv.slice(2);
const sizes = conversations.split(",").map(Number);
const model = await llama({ model: name, sequences: Math.max(...sizes), contextSize: 2048 });

/** From the first token of the last conversation on: what they share and what they do not is evaluated by then. */
async function tokensASecond(size: number): Promise<number> {
  let begun = 0;
  let [start, written] = [0, 0];
  await Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const messages = openingMessages(teacherPrompt, `Find the sum of all primes below ${1000 + index}. Explain each step at length first.`, []);
      let isFirst = true;
      for await (const event of model.generate({ messages, maxTokens: Number(tokens), stop: codeAct.stop })) {
        if (event.type !== "delta") continue;
        if (isFirst && ++begun === size) start = performance.now();
        isFirst = false;
        if (begun === size) written += 1;
      }
    }),
  );
  return (1000 * (written - 1)) / (performance.now() - start);
}

await tokensASecond(Math.max(...sizes));
const speeds = new Map(sizes.map((size) => [size, [] as number[]]));
for (let round = 0; round < Number(rounds); round += 1) for (const size of sizes) speeds.get(size)?.push(await tokensASecond(size));
console.log(JSON.stringify({ model: name, tokensASecond: Object.fromEntries([...speeds].map(([size, each]) => [size, Math.round(10 * median(each)) / 10])) }));
await model.dispose();
