// The agent on 20 factual questions, with web_search over WordNet and without: how many it answers right.
// What is answered is kept in the cache, so that a run that was stopped goes on: node bench/search-agent.ts INDEX [MODEL]
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "../src/cache-dir.ts";
import { createAgent, webSearch } from "../src/index.ts";
import { openModel } from "../src/model/open.ts";
import { openIndex } from "../src/retrieval/index.ts";

const questions: readonly (readonly [question: string, answer: string])[] = [
  ["In which South American country is the volcano Galeras?", "Colombia"],
  ["In which year did Guinea achieve independence from France?", "1958"],
  ["In which year did the composer Bedrich Smetana die?", "1884"],
  ["What is the main river of Myanmar?", "Irrawaddy"],
  ["To which group of islands does the island Saint Martin belong?", "Leeward"],
  ["How many feet tall is the Space Needle in Seattle?", "605"],
  ["In which year was construction of the Leaning Tower of Pisa begun?", "1174"],
  ["In which state of the USA is the Guadalupe Mountains National Park?", "Texas"],
  ["Which president of the Weimar Republic reluctantly appointed Hitler as chancellor in 1933?", "Hindenburg"],
  ["To which English county does the city of Sheffield belong?", "South Yorkshire"],
  ["In which year was Attila the Hun defeated in the battle of Chalons?", "451"],
  ["Which Spartan general defeated the Athenians in the final battle of the Peloponnesian War?", "Lysander"],
  ["In which country is the city of Tamale?", "Ghana"],
  ["In which year did Egbert, king of Wessex, die?", "839"],
  ["In which year did Brunei become independent of Great Britain?", "1984"],
  ["What was the profession of Walter William Skeat?", "philologist"],
  ["In which country was the chemist Tadeus Reichstein born?", "Poland"],
  ["In which year did the American suffragist Julia Evelina Smith die?", "1886"],
  ["How many meters high is the Eiffel Tower?", "300"],
  ["In which state of the USA is the city of Davenport on the Mississippi?", "Iowa"],
];

const [folder = "", name = "qwen2.5-coder-1.5b"] = process.argv.slice(2);
const path = join(cacheDir(), "bench", `search-agent-${name}.jsonl`);
await mkdir(join(cacheDir(), "bench"), { recursive: true });
interface Row {
  readonly question: string;
  readonly searches: boolean;
  readonly right: boolean;
}
const done = (await readFile(path, "utf8").catch(() => "")).split("\n").filter(Boolean).map((line) => JSON.parse(line) as Row);

const model = await openModel(name);
const index = await openIndex(folder);
const tool = webSearch({ retriever: index, description: "Searches an encyclopedia and returns the passages that are most relevant to the query." });
const agents = { true: createAgent({ model, tools: [tool] }), false: createAgent({ model }) };
for (const [question, expected] of questions) {
  for (const searches of [true, false]) {
    if (done.some((row) => row.question === question && row.searches === searches)) continue;
    const { outcome } = await agents[`${searches}`].run(question).result;
    const answer = outcome.type === "answered" ? outcome.answer : "";
    // Handing over all that was found is no answer.
    const right = answer.length < 150 && answer.toLowerCase().includes(expected.toLowerCase());
    const row = { question, searches, right, answer: answer.slice(0, 200) };
    done.push(row);
    await appendFile(path, `${JSON.stringify(row)}\n`);
  }
}
const right = (searches: boolean) => done.filter((row) => row.searches === searches && row.right).length;
console.log(JSON.stringify({ name: "search agent", model: name, mode: index.mode, questions: questions.length, rightWithSearch: right(true), rightWithout: right(false) }));
process.exit(0);
