import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { listen } from "../listen.ts";
import type { ChatModel } from "../model/types.ts";
import { createApp } from "./app.ts";
import { Gate } from "./gate.ts";

export interface ServeOptions {
  readonly model: ChatModel;
  /** 0 is any free one. Default: 8000. */
  readonly port?: number;
  /** The address to listen on. Default: 127.0.0.1, which only this machine reaches. */
  readonly host?: string;
  /** Asked of every request under `/v1`. Default: none. */
  readonly apiKey?: string;
  /** Requests under way or waiting for the model; those beyond are refused with 429. Default: 64. */
  readonly maxRequests?: number;
  /** Length of a request. Default: 4 MiB. */
  readonly maxBodyBytes?: number;
  /** Time that a request may take, in milliseconds, waiting included. Default: 10 minutes. */
  readonly requestMs?: number;
  /** The text of a token, for log-probabilities. Default: `token_id:` and its number. */
  readonly tokenText?: (token: number) => string;
}

export interface ModelServer {
  /** Where OpenAI's protocol is spoken, e.g. `http://127.0.0.1:8000/v1`. */
  readonly baseURL: string;
  /** Takes no more requests, lets those under way finish for so many milliseconds (default: 30,000), then ends them. */
  close(graceMs?: number): Promise<void>;
}

/** A request is to arrive within this time. */
const ARRIVAL_MS = 30_000;

/**
 * Serves a model by OpenAI's protocol. The model stays the caller's: closing the server does not dispose of it.
 *
 * @throws ApprenticeError `port_taken`; `host_unavailable`.
 */
export async function serveModel(options: ServeOptions): Promise<ModelServer> {
  const { model, port = 8000, host = "127.0.0.1" } = options;
  const gate = new Gate(options.maxRequests ?? 64);
  const stop = new AbortController();
  const app = createApp({
    model,
    gate,
    apiKey: options.apiKey,
    maxBodyBytes: options.maxBodyBytes ?? 4 * 1024 * 1024,
    requestMs: options.requestMs ?? 600_000,
    tokenText: options.tokenText,
    stop: stop.signal,
  });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer({ requestTimeout: ARRIVAL_MS, headersTimeout: ARRIVAL_MS }, (incoming, outgoing) => void listener(incoming, outgoing));
  const origin = await listen(server, port, host);
  return { baseURL: `${origin}/v1`, close: (graceMs = 30_000) => close(server, gate, stop, graceMs) };
}

async function close(server: Server, gate: Gate, stop: AbortController, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const emptied = gate.close();
  const timer = setTimeout(() => stop.abort(new Error("The server is being stopped.")), graceMs);
  await emptied;
  clearTimeout(timer);
  // Answers are written; connections kept open for more requests get none.
  server.closeIdleConnections();
  const rest = setTimeout(() => server.closeAllConnections(), 1000);
  await closed;
  clearTimeout(rest);
}
