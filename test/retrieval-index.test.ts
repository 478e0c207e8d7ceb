import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFile, cp, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildIndex, jsonlPassages, memmapVectors, openIndex, type BuildProgress, type SearchIndex } from "../src/retrieval/index.ts";
import { unitVectors, writeJsonl, writeVectors } from "./support/vectors.ts";

const ROWS = 40_000;
const DIMENSIONS = 32;
const embedder = { id: "test", dimensions: DIMENSIONS };
const vectors = unitVectors(ROWS, DIMENSIONS);
const queries = unitVectors(200, DIMENSIONS, 7);

let folder: string;
let passagesPath: string;
let vectorsPath: string;
let whole: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-index-"));
  [passagesPath, vectorsPath, whole] = [join(folder, "passages.jsonl"), join(folder, "vectors.bin"), join(folder, "whole")];
  await writeJsonl(passagesPath, ROWS);
  await writeVectors(vectorsPath, vectors);
  await buildIndex({ folder: whole, passages: jsonlPassages(passagesPath), vectors: await memmapVectors(vectorsPath, embedder), shardRows: 12_000 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const files = ["manifest.json", "passages.jsonl", "passages.offsets", "vectors.f32", "hnsw-000.bin", "hnsw-001.bin", "hnsw-002.bin", "hnsw-003.bin"];
const hashes = (index: string) => Promise.all(files.map(async (file) => createHash("sha256").update(await readFile(join(index, file))).digest("hex")));
const idsOf = (hits: Awaited<ReturnType<SearchIndex["search"]>>) => hits.map((found) => found.map(({ passage }) => passage.id));

describe("search", () => {
  test("the graphs find what comparing with every vector finds, nearly always", async () => {
    const [graph, exact] = [await openIndex(whole), await openIndex(whole, { exact: true })];
    const [found, best] = [idsOf(await graph.searchVectors(queries, { k: 3 })), idsOf(await exact.searchVectors(queries, { k: 3 }))];
    const hits = best.flatMap((ids, query) => ids.filter((id) => found[query]?.includes(id)));
    expect(hits.length / (3 * 200)).toBeGreaterThan(0.95);
    await Promise.all([graph.close(), exact.close()]);
  });

  test("scores are inner products, the best first", async () => {
    const index = await openIndex(whole, { exact: true });
    const [hits = []] = await index.searchVectors(queries.subarray(0, DIMENSIONS), { k: 5 });
    const products = Array.from({ length: ROWS }, (_, row) => {
      let dot = 0;
      for (let i = 0; i < DIMENSIONS; i++) dot += (queries[i] ?? 0) * (vectors[row * DIMENSIONS + i] ?? 0);
      return { id: `p${row}`, dot };
    }).sort((a, b) => b.dot - a.dot);
    expect(hits.map(({ passage }) => passage.id)).toEqual(products.slice(0, 5).map(({ id }) => id));
    hits.forEach(({ score }, place) => expect(score).toBeCloseTo(products[place]?.dot ?? 0, 5));
    await index.close();
  });

  test("by words: a passage may hold U+2028, which JSON leaves as it is and ends no line", async () => {
    const [passages, index] = [join(folder, "separators.jsonl"), join(folder, "separators")];
    await writeFile(passages, ["One\u2028line.", "Another\u2029line.", "The last."].map((text, id) => `${JSON.stringify({ id: String(id), text })}\n`).join(""));
    await writeVectors(join(folder, "three.bin"), unitVectors(3, DIMENSIONS));
    await buildIndex({ folder: index, passages: jsonlPassages(passages), vectors: await memmapVectors(join(folder, "three.bin"), embedder) });
    const opened = await openIndex(index, { mode: "bm25" });
    expect(idsOf(await opened.search(["another", "last"], { k: 1 }))).toEqual([["1"], ["2"]]);
    await opened.close();
  });

  test("by words: names and stems are found", async () => {
    const index = await openIndex(whole, { mode: "bm25" });
    const [[exact] = [], [stem] = [], none] = await index.search(["title 31415", "passages speaking of 27", "zzz ???"], { k: 1 });
    expect(exact?.passage.id).toBe("p31415");
    expect(stem?.passage.text).toContain("27");
    expect(none).toEqual([]);
    await index.close();
  });

  test("bad questions are refused in words, and the index goes on", async () => {
    const index = await openIndex(whole);
    await expect(index.searchVectors(queries, { k: 10 ** 9 })).rejects.toMatchObject({ code: "k_invalid" });
    await expect(index.searchVectors(queries, { k: Number.NaN })).rejects.toMatchObject({ code: "k_invalid" });
    await expect(index.searchVectors(new Float32Array(DIMENSIONS).fill(Number.NaN), { k: 1 })).rejects.toMatchObject({ code: "vector_invalid" });
    await expect(index.searchVectors(new Float32Array(DIMENSIONS + 1), { k: 1 })).rejects.toMatchObject({ code: "vector_invalid" });
    await expect(index.passage(ROWS)).rejects.toMatchObject({ code: "row_unknown" });
    await expect(index.search(["q"], { k: 1 })).rejects.toMatchObject({ code: "embedder_unknown" });
    expect((await index.searchVectors(queries.subarray(0, 20 * DIMENSIONS), { k: 1000 })).map((hits) => hits.length)).toEqual(Array(20).fill(1000));
    await index.close();
    await expect(index.passage(0)).rejects.toMatchObject({ code: "index_closed" });
  });

  test("an aborted search throws the signal's reason", async () => {
    const index = await openIndex(whole);
    const reason = new Error("enough");
    await expect(index.searchVectors(queries, { k: 3, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await index.close();
  });
});

describe("a build", () => {
  test("killed at any point, ends as one that was not", { timeout: 120_000 }, async () => {
    const killed = join(folder, "killed");
    for (const stop of ["checking 4096", "passages 16384", "passages 32768", "graph", "words"]) await buildUntil(killed, stop);
    await buildUntil(killed, undefined);
    expect(await hashes(killed)).toEqual(await hashes(whole));
    const [a, b] = [await openIndex(killed, { mode: "bm25" }), await openIndex(whole, { mode: "bm25" })];
    const questions = ["topic7 passage 4", "title 99"];
    expect(await a.search(questions, { k: 20 })).toEqual(await b.search(questions, { k: 20 }));
    await Promise.all([a.close(), b.close()]);
  });

  test("stops on an abort with its reason, tells so when opened, and goes on", async () => {
    const index = join(folder, "aborted");
    const controller = new AbortController();
    const reason = new Error("enough");
    const seen: BuildProgress[] = [];
    const options = { folder: index, passages: jsonlPassages(passagesPath), vectors: await memmapVectors(vectorsPath, embedder), shardRows: 12_000 };
    const onProgress = ({ stage, done }: BuildProgress) => stage === "passages" && done > 0 && controller.abort(reason);
    await expect(buildIndex({ ...options, signal: controller.signal, onProgress })).rejects.toBe(reason);
    await expect(openIndex(index)).rejects.toMatchObject({ code: "index_unfinished" });
    await expect(buildIndex({ ...options, vectors: await memmapVectors(vectorsPath, { id: "other", dimensions: DIMENSIONS }) })).rejects.toMatchObject({ code: "index_mismatch", message: expect.stringContaining("not other (32 dimensions)") });
    const other = join(folder, "other.jsonl");
    await writeFile(other, (await readFile(passagesPath, "utf8")).replace("topic1.", "topic2."));
    await expect(buildIndex({ ...options, passages: jsonlPassages(other) })).rejects.toMatchObject({ code: "index_mismatch" });
    await buildIndex({ ...options, onProgress: (progress) => seen.push(progress) });
    expect(seen.find(({ stage }) => stage === "passages")?.resumed).toBeGreaterThan(0);
    expect(await hashes(index)).toEqual(await hashes(whole));
  });

  test("of what is there already is nothing to do, of other passages an error", async () => {
    const options = { folder: whole, vectors: await memmapVectors(vectorsPath, embedder) };
    expect((await buildIndex({ ...options, passages: jsonlPassages(passagesPath) })).rows).toBe(ROWS);
    const other = join(folder, "three.jsonl");
    await writeJsonl(other, 3);
    await expect(buildIndex({ folder: whole, passages: jsonlPassages(other) })).rejects.toMatchObject({ code: "index_exists" });
    await expect(buildIndex({ ...options, folder: join(folder, "count"), passages: jsonlPassages(other) })).rejects.toMatchObject({ code: "index_mismatch", message: expect.stringMatching(/3 passages but 40000 vectors/) });
  });

  test("refuses vectors that are no numbers, naming the row", async () => {
    const [passages, path] = [join(folder, "ten.jsonl"), join(folder, "nan.bin")];
    await writeJsonl(passages, 10);
    const bad = unitVectors(10, DIMENSIONS);
    bad[4 * DIMENSIONS + 3] = Number.NaN;
    await writeVectors(path, bad);
    await expect(buildIndex({ folder: join(folder, "nan"), passages: jsonlPassages(passages), vectors: await memmapVectors(path, embedder) })).rejects.toMatchObject({ code: "vector_invalid", message: expect.stringContaining("row 4") });
  });

  test("by two at once: the second is told of the first", async () => {
    const index = join(folder, "twice");
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // The first holds its passages back until the second has been turned away.
    const held = {
      name: "held",
      async *read() {
        begun.resolve();
        await gate.promise;
        yield* jsonlPassages(passagesPath).read();
      },
    };
    const first = buildIndex({ folder: index, passages: held });
    await begun.promise;
    await expect(buildIndex({ folder: index, passages: jsonlPassages(passagesPath) })).rejects.toMatchObject({ code: "index_locked" });
    gate.resolve();
    expect((await first).rows).toBe(ROWS);
  });
});

describe("an index on disk", () => {
  test.each([
    ["vectors.f32", "cut off"],
    ["hnsw-001.bin", "cut off"],
    ["passages.jsonl", "longer"],
    ["hnsw-000.bin", "of another shape"],
    ["bm25.sqlite", "missing"],
    ["manifest.json", "no JSON"],
  ])("%s %s: refused when it is opened", async (file, damage) => {
    const index = join(folder, `damaged ${file} ${damage}`);
    await cp(whole, index, { recursive: true });
    const path = join(index, file);
    if (damage === "cut off") await truncate(path, (await stat(path)).size - 5);
    if (damage === "longer") await appendFile(path, "{}\n");
    if (damage === "missing") await rm(path);
    if (damage === "no JSON") await writeFile(path, "{");
    if (damage === "of another shape") {
      const bytes = await readFile(path);
      bytes.writeBigUInt64LE(999n, 24);
      await writeFile(path, bytes);
    }
    await expect(openIndex(index)).rejects.toMatchObject({ code: "index_damaged", message: expect.stringContaining(file) });
    await rm(index, { recursive: true });
  });

  test("of a later version, or none at all, is named as such", async () => {
    const index = join(folder, "later");
    await cp(whole, index, { recursive: true });
    await writeFile(join(index, "manifest.json"), JSON.stringify({ format: "apprentice/index@9" }));
    await expect(openIndex(index)).rejects.toMatchObject({ code: "index_version" });
    await expect(openIndex(join(folder, "nowhere"))).rejects.toMatchObject({ code: "index_missing" });
    await expect(openIndex(whole, { embedder: { id: "other", dimensions: 8, embed: () => Promise.reject(new Error("unused")), dispose: () => Promise.resolve() } })).rejects.toMatchObject({ code: "index_mismatch" });
  });
});

/** Builds in a process of its own; kills it with SIGKILL once it has said `stop`. */
function buildUntil(index: string, stop: string | undefined): Promise<void> {
  const script = resolve(import.meta.dirname, "support/build-index.ts");
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [script, index, passagesPath, vectorsPath, String(DIMENSIONS)], { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.on("data", (chunk: Buffer) => {
      if (stop !== undefined && chunk.toString().split("\n").some((line) => line.startsWith(stop))) child.kill("SIGKILL");
    });
    child.on("error", fail).on("close", (status, signal) => {
      if (stop === undefined ? status === 0 : signal === "SIGKILL") done();
      else fail(new Error(`ended with ${status ?? signal} before "${stop}"`));
    });
  });
}
