// A distilled student (examples/student) solves a question. Run it with: npm run example examples/quickstart.ts
import { fileURLToPath } from "node:url";
import { createAgent, studentPrompt } from "apprentice";
import { openModel } from "apprentice/models";

const adapter = new URL("student/adapter.gguf", import.meta.url);
const model = await openModel("qwen2.5-coder-0.5b", { adapters: [fileURLToPath(adapter)] });
const agent = createAgent({ model, prompt: studentPrompt });

const run = agent.run("A farm has 17 rows of trees with 243 trees in each row. Each tree gives 38 apples. How many apples does the farm give?");
for await (const event of run) {
  if (event.type === "text_delta") process.stdout.write(event.text);
  if (event.type === "step_end" && event.step.kind === "action") console.log(`\n${event.step.observation ?? ""}`);
}

const { outcome, usage } = await run.result;
console.log(outcome, usage);
await model.dispose?.();
