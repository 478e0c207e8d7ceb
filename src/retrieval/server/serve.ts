import type { Server } from "node:http";
import { listen } from "../../listen.ts";
import type { Retriever } from "../types.ts";
import type { ServeLimits } from "./app.ts";

export interface ServeOptions extends Partial<ServeLimits> {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: 8005, where the reference looks for it. 0 takes a free one. */
  readonly port?: number;
}

export interface RetrievalServer {
  /** E.g. `http://127.0.0.1:8005`. */
  readonly url: string;
  /** Takes no more requests, answers those under way, then closes. */
  close(): Promise<void>;
}

const CLOSE_MS = 10_000;

/**
 * Serves a retriever over Search-R1's protocol.
 *
 * @throws ApprenticeError `port_taken`; `host_unavailable`.
 */
export async function serveRetriever(retriever: Retriever, { host = "127.0.0.1", port = 8005, ...limits }: ServeOptions = {}): Promise<RetrievalServer> {
  const [{ createAdaptorServer }, { retrieveApp }] = await Promise.all([import("@hono/node-server"), import("./app.ts")]);
  const app = retrieveApp(retriever, limits);
  const server = createAdaptorServer({ fetch: app.fetch, hostname: host }) as Server;
  const url = await listen(server, port, host);
  return {
    url,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await app.settled();
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      server.closeIdleConnections();
      await closed;
      clearTimeout(timer);
    },
  };
}
