import { availableParallelism } from "node:os";
import { ApprenticeError } from "../../errors.ts";
import { openEmbedder } from "../embed/open.ts";
import type { Embedder } from "../embed/types.ts";
import { fuseRankings, mergeRankings } from "../search/rank.ts";
import type { Ranking, SearchCalls, VectorPart } from "../search/worker-calls.ts";
import { Thread } from "../threads/thread.ts";
import type { Hit, Passage } from "../types.ts";
import { indexFiles } from "./files.ts";
import type { Manifest } from "./manifest.ts";
import { PassageReader } from "./rows.ts";
import type { OpenIndexOptions, SearchIndex, SearchMode } from "./search-index.ts";

const DEFAULT_EF = 64;

/** More passages than this are given to nobody. */
const MAX_K = 1000;

const READS_AT_ONCE = 1024;

/** What hybrid search takes from each side before it fuses them. */
const FUSED_DEPTH = 100;

export class LocalIndex implements SearchIndex {
  readonly manifest: Manifest;
  readonly mode: SearchMode;
  readonly #folder: string;
  readonly #options: OpenIndexOptions;
  readonly #threads: Thread<SearchCalls>[] = [];
  #words: Thread<SearchCalls> | undefined;
  #embedder: Embedder | undefined;
  /** The embedder that this index opened itself, and closes. */
  #opening: Promise<Embedder> | undefined;
  #passages: PassageReader | undefined;

  constructor(folder: string, manifest: Manifest, mode: SearchMode, options: OpenIndexOptions) {
    this.#folder = folder;
    this.manifest = manifest;
    this.mode = mode;
    this.#options = options;
  }

  async load(): Promise<void> {
    const { embedder, signal } = this.#options;
    this.#passages = await PassageReader.open(this.#folder);
    if (embedder) this.#useEmbedder(embedder);
    const loading: Promise<unknown>[] = [];
    if (this.mode !== "dense") {
      this.#words = new Thread("search-worker");
      loading.push(this.#words.call("openBm25", indexFiles(this.#folder).bm25));
    }
    if (this.mode !== "bm25") loading.push(...this.#loadVectors());
    await Promise.all(loading);
    signal?.throwIfAborted();
  }

  async search(queries: readonly string[], { k, signal }: { readonly k: number; readonly signal?: AbortSignal }): Promise<Hit[][]> {
    const best = this.#checkK(k);
    signal?.throwIfAborted();
    if (queries.length === 0) return [];
    const options = { ...(signal && { signal }) };
    switch (this.mode) {
      case "dense":
        return this.#hits(await this.#rankByMeaning(queries, best, options));
      case "bm25":
        return this.#hits(await this.#rankByWords(queries, best));
      case "hybrid": {
        const depth = Math.max(best, FUSED_DEPTH);
        const [meaning, words] = await Promise.all([this.#rankByMeaning(queries, depth, options), this.#rankByWords(queries, depth)]);
        return this.#hits(queries.map((_, query) => fuseRankings([meaning[query] ?? [], words[query] ?? []], best)));
      }
    }
  }

  async searchVectors(vectors: Float32Array, { k, signal }: { readonly k: number; readonly signal?: AbortSignal }): Promise<Hit[][]> {
    const rankings = await this.#rankByVector(vectors, this.#checkK(k));
    signal?.throwIfAborted();
    return this.#hits(rankings);
  }

  async passage(row: number): Promise<Passage> {
    if (!Number.isInteger(row) || row < 0 || row >= this.manifest.rows) {
      throw new ApprenticeError("row_unknown", `The index has no row ${row}: it has ${this.manifest.rows}, counted from 0.`);
    }
    return this.#reader().read(row);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#threads, ...(this.#words ? [this.#words] : [])].map((thread) => thread.close()));
    const opening = await this.#opening?.catch(() => undefined);
    await opening?.dispose();
    await this.#passages?.close();
    this.#passages = undefined;
  }

  #loadVectors(): Promise<unknown>[] {
    const { vectors, rows } = this.manifest;
    if (!vectors) return [];
    const { embedder, shards } = vectors;
    const files = indexFiles(this.#folder);
    const exact = this.#options.exact === true || shards.length === 0;
    const parts: VectorPart[] = exact
      ? [{ kind: "exact", vectorsPath: files.vectors, firstRow: 0, rows }]
      : shards.map((shard, number) => ({ kind: "hnsw", path: files.shard(number), ...shard }));
    const count = Math.min(parts.length, availableParallelism());
    return Array.from({ length: count }, (_, number) => {
      const thread = new Thread<SearchCalls>("search-worker");
      this.#threads.push(thread);
      return thread.call("openVectors", { dimensions: embedder.dimensions, parts: parts.filter((_part, index) => index % count === number) });
    });
  }

  #useEmbedder(embedder: Embedder): void {
    const expected = this.manifest.vectors?.embedder;
    if (!expected) return;
    if (embedder.id !== expected.id || embedder.dimensions !== expected.dimensions) {
      throw new ApprenticeError(
        "index_mismatch",
        `The index ${this.#folder} was embedded by ${expected.id} (${expected.dimensions} dimensions), not by ${embedder.id} (${embedder.dimensions}): their vectors cannot be compared.`,
      );
    }
    this.#embedder = embedder;
  }

  /** Opened by the first question, as vectors can be searched without it. */
  async embedder(): Promise<Embedder> {
    if (this.#embedder) return this.#embedder;
    const spec = this.manifest.vectors?.embedder.spec;
    if (spec === undefined) {
      throw new ApprenticeError("embedder_unknown", `The index ${this.#folder} does not say how its embedder is opened: give the embedder.`);
    }
    if (!this.#opening) {
      this.#opening = openEmbedder(spec, { ...(this.#options.signal && { signal: this.#options.signal }) });
      // The next question tries again: a download may have been cut off.
      this.#opening.catch(() => (this.#opening = undefined));
    }
    const embedder = await this.#opening;
    this.#useEmbedder(embedder);
    return embedder;
  }

  async #rankByMeaning(queries: readonly string[], k: number, options: { readonly signal?: AbortSignal }): Promise<Ranking[]> {
    const embedder = await this.embedder();
    return this.#rankByVector(await embedder.embed(queries, { kind: "query", ...options }), k);
  }

  async #rankByVector(vectors: Float32Array, k: number): Promise<Ranking[]> {
    const dimensions = this.manifest.vectors?.embedder.dimensions ?? 0;
    if (this.mode === "bm25") throw new ApprenticeError("mode_unavailable", "This index was opened for search by words: open it with mode dense.");
    if (vectors.length % dimensions !== 0) {
      throw new ApprenticeError("vector_invalid", `${vectors.length} numbers make no whole vectors of ${dimensions} dimensions.`);
    }
    if (!vectors.every(Number.isFinite)) throw new ApprenticeError("vector_invalid", "A query vector holds a value that is no finite number.");
    const ef = this.#options.ef ?? DEFAULT_EF;
    return mergeRankings(await Promise.all(this.#threads.map((thread) => thread.call("searchVectors", { queries: vectors, k, ef }))), k);
  }

  async #rankByWords(queries: readonly string[], k: number): Promise<Ranking[]> {
    return (await this.#words?.call("searchBm25", { queries, k })) ?? [];
  }

  async #hits(rankings: readonly Ranking[]): Promise<Hit[][]> {
    const reader = this.#reader();
    const results: Hit[][] = [];
    // A few at a time: many questions with many passages each would fill the memory with reads under way.
    const together = Math.max(1, Math.floor(READS_AT_ONCE / (rankings[0]?.length || 1)));
    for (let start = 0; start < rankings.length; start += together) {
      const found = rankings.slice(start, start + together).map((ranking) => Promise.all(ranking.map(async ({ row, score }) => ({ passage: await reader.read(row), score }))));
      results.push(...(await Promise.all(found)));
    }
    return results;
  }

  #reader(): PassageReader {
    if (!this.#passages) throw new ApprenticeError("index_closed", "This index was closed: open it again.");
    return this.#passages;
  }

  #checkK(k: number): number {
    if (!Number.isInteger(k) || k < 1 || k > MAX_K) throw new ApprenticeError("k_invalid", `k is ${k}: give a whole number from 1 to ${MAX_K}.`);
    return Math.min(k, this.manifest.rows);
  }
}
