// A function of your app as a tool inside the agent's Python. Run it with: npm run example examples/custom-tool.ts
import { createAgent, tool } from "apprentice";
import { openModel } from "apprentice/models";
import { z } from "zod";

const prices = new Map([
  ["lamp", 24.5],
  ["chair", 89.9],
  ["desk", 310],
]);

export const priceOf = tool({
  name: "price_of",
  description: "Gives the price of one item of the shop, in euros.",
  input: z.object({ item: z.enum(["lamp", "chair", "desk"]).describe("Name of the item.") }),
  output: z.number(),
  effect: "read",
  run: ({ item }) => prices.get(item) ?? 0,
});

if (import.meta.main) {
  const model = await openModel("qwen2.5-coder-0.5b");
  const agent = createAgent({ model, tools: [priceOf] });
  const { outcome, steps } = await agent.run("What do a chair and a lamp cost together, in euros? Call price_of for each of them.").result;
  for (const step of steps) {
    if (step.kind !== "action") continue;
    const { action, attempt } = step.candidates[step.vote.winner] ?? {};
    console.log(action?.ok ? action.code : action?.message);
    console.log(attempt?.toolCalls.map(({ name, args, result }) => ({ name, args, result })));
  }
  console.log(outcome);
  await model.dispose?.();
}
