// An index of WordNet (fetched at first use), built anew, searched by words and given to an agent as web_search.
// Run it with: npm run example examples/search.ts
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { webSearch } from "apprentice";
import { buildIndex, openIndex, wordNet } from "apprentice/retrieval";

const folder = await mkdtemp(join(tmpdir(), "wordnet-"));
// Without vectors it takes seconds. With them, add: vectors: embedding(await openEmbedder())
const { rows } = await buildIndex({ folder, passages: await wordNet() });
const index = await openIndex(folder);

const [hits = []] = await index.search(["Who constructed the Eiffel Tower?"], { k: 2 });
console.log(`of ${rows} passages:`, hits.map(({ passage, score }) => `${score.toFixed(1)} ${passage.title}`));

// createAgent({ model, tools: [search] }) lets the agent's Python call web_search(query).
const search = webSearch({ retriever: index, k: 1 });
console.log(await search.run({ query: "Everest, the highest mountain peak" }, { signal: new AbortController().signal }));

await index.close();
await rm(folder, { recursive: true });
