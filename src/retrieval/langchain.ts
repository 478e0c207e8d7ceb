import type { DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import type { BaseRetrieverInterface } from "@langchain/core/retrievers";
import type { VectorStore, VectorStoreInterface } from "@langchain/core/vectorstores";
import { ApprenticeError } from "../errors.ts";
import type { Embedder } from "./embed/types.ts";
import type { SearchIndex } from "./store/search-index.ts";
import type { Hit, Passage, Retriever } from "./types.ts";

/** What the numbers of a LangChain vector store mean, which LangChain itself leaves open. */
export type ScoreKind =
  /** Higher is better. */
  | "similarity"
  /** Lower is better. */
  | "distance";

/** A LangChain retriever as ours. It has no scores: a passage's score is 1 / (its place from 1). It decides itself how many it finds; at most `k` are taken. */
export function fromLangChainRetriever(retriever: BaseRetrieverInterface): Retriever {
  return {
    search: (queries, { k, signal }) =>
      Promise.all(
        queries.map(async (query) => {
          const documents = await retriever.invoke(query, { ...(signal && { signal }) });
          return documents.slice(0, k).map((document, place) => ({ passage: passageOf(document), score: 1 / (place + 1) }));
        }),
      ),
  };
}

/**
 * A LangChain vector store (Qdrant, pgvector, LanceDB, Elasticsearch …) as a retriever.
 *
 * `search` throws ApprenticeError `retriever_invalid` if the store gives no scores: use {@link fromLangChainRetriever} then.
 */
export function fromLangChainVectorStore(store: VectorStoreInterface, { scoreKind }: { readonly scoreKind: ScoreKind }): Retriever {
  return {
    async search(queries, { k, signal }) {
      const results: Hit[][] = [];
      for (const query of queries) {
        signal?.throwIfAborted();
        const found = await store.similaritySearchWithScore(query, k);
        const hits = found.map(([document, score]) => ({ passage: passageOf(document), score: scoreKind === "distance" ? -score : score }));
        if (!hits.every(({ score }) => Number.isFinite(score))) {
          throw new ApprenticeError("retriever_invalid", "The vector store gives no scores: use fromLangChainRetriever(store.asRetriever(k)).");
        }
        results.push(hits.sort((a, b) => b.score - a.score));
      }
      return results;
    },
  };
}

/**
 * Our index as a LangChain vector store, to be read: what LangChain has for vector stores, e.g. `asRetriever()`, works on it.
 * Scores are those of the mode in which the index was opened. Adding to it throws ApprenticeError `index_read_only`.
 */
export async function toLangChainVectorStore(index: SearchIndex): Promise<VectorStore> {
  const [{ VectorStore: Base }, { Document }] = await Promise.all([
    import("@langchain/core/vectorstores"),
    import("@langchain/core/documents"),
  ]).catch((error: unknown) => {
    throw new ApprenticeError("peer_missing", "LangChain is not installed: npm install @langchain/core", { cause: error });
  });
  const documentsOf = (hits: readonly Hit[] = []): [DocumentInterface, number][] =>
    hits.map(({ passage: { id, title, text }, score }) => [
      new Document({ id, pageContent: text, metadata: { id, ...(title !== undefined && { title }) } }),
      score,
    ]);
  class IndexVectorStore extends Base {
    override _vectorstoreType(): string {
      return "apprentice";
    }
    override addVectors(): Promise<never> {
      return Promise.reject(readOnly());
    }
    override addDocuments(): Promise<never> {
      return Promise.reject(readOnly());
    }
    override async similaritySearchVectorWithScore(query: number[], k: number): Promise<[DocumentInterface, number][]> {
      const [hits] = await index.searchVectors(Float32Array.from(query), { k });
      return documentsOf(hits);
    }
    override async similaritySearchWithScore(query: string, k = 4): Promise<[DocumentInterface, number][]> {
      const [hits] = await index.search([query], { k });
      return documentsOf(hits);
    }
    override async similaritySearch(query: string, k = 4): Promise<DocumentInterface[]> {
      return (await this.similaritySearchWithScore(query, k)).map(([document]) => document);
    }
  }
  return new IndexVectorStore(toLangChainEmbeddings(() => index.embedder()), {});
}

/** An embedder as LangChain's, to fill other vector stores with. */
export function toLangChainEmbeddings(embedder: Embedder | (() => Promise<Embedder>)): EmbeddingsInterface {
  const embed = async (texts: readonly string[], kind: "query" | "passage"): Promise<number[][]> => {
    const opened = typeof embedder === "function" ? await embedder() : embedder;
    const vectors = await opened.embed(texts, { kind });
    return texts.map((_, row) => Array.from(vectors.subarray(row * opened.dimensions, (row + 1) * opened.dimensions)));
  };
  return {
    embedDocuments: (texts) => embed(texts, "passage"),
    embedQuery: async (text) => (await embed([text], "query"))[0] ?? [],
  };
}

function readOnly(): ApprenticeError {
  return new ApprenticeError("index_read_only", "An index is built as a whole: add passages to their source and build it anew.");
}

function passageOf({ id, pageContent, metadata }: DocumentInterface): Passage {
  const name: unknown = id ?? metadata["id"];
  const title: unknown = metadata["title"];
  return {
    id: typeof name === "string" || typeof name === "number" ? String(name) : pageContent.slice(0, 64),
    ...(typeof title === "string" && { title }),
    text: pageContent,
  };
}
