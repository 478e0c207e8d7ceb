import { createHash, timingSafeEqual } from "node:crypto";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { streamSSE } from "hono/streaming";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ChatModel, GenerateEvent } from "../model/types.ts";
import { unlessAborted } from "../unless-aborted.ts";
import { readChatRequest } from "./chat-request.ts";
import { ChunkWriter, completionBody, type ResponseShape } from "./chat-response.ts";
import type { Gate } from "./gate.ts";
import { Metrics } from "./metrics.ts";
import { Refusal, refusalOf, stopping } from "./refusal.ts";

export interface AppOptions {
  readonly model: ChatModel;
  readonly gate: Gate;
  readonly apiKey: string | undefined;
  readonly maxBodyBytes: number;
  readonly requestMs: number;
  readonly tokenText: ((token: number) => string) | undefined;
  /** Aborts when requests under way are to end. */
  readonly stop: AbortSignal;
}

/** So long a stream waits for its client to take the last word, in milliseconds. */
const LAST_WORD_MS = 1000;

/** The routes: chat completions, the list of the one model, health and metrics. */
export function createApp(options: AppOptions): Hono {
  const { model, gate, apiKey, maxBodyBytes } = options;
  const app = new Hono();
  const metrics = new Metrics();
  const card = { id: model.id, object: "model", created: Math.floor(Date.now() / 1000), owned_by: "apprentice" };

  app.onError((error, c) => refuse(c, refusalOf(error)));
  app.notFound((c) => refuse(c, new Refusal(404, "not_found", `There is no ${c.req.method} ${c.req.path} here.`)));
  if (apiKey !== undefined) {
    const expected = digest(`Bearer ${apiKey}`);
    app.use("/v1/*", async (c, next) => {
      if (!timingSafeEqual(digest(c.req.header("authorization") ?? ""), expected)) {
        throw new Refusal(401, "invalid_api_key", "Send the server's key as: Authorization: Bearer KEY");
      }
      await next();
    });
  }
  app.get("/health", (c) => (gate.closed ? refuse(c, stopping()) : c.json({ status: "ok" })));
  app.get("/metrics", async (c) => {
    metrics.open.set(gate.open);
    return c.text(await metrics.text(), 200, { "content-type": metrics.contentType });
  });
  app.get("/v1/models", (c) => c.json({ object: "list", data: [card] }));
  app.get("/v1/models/:id{.+}", (c) => {
    const id = c.req.param("id");
    return id === model.id ? c.json(card) : refuse(c, new Refusal(404, "model_not_found", `There is no model ${id} here, only ${model.id}.`));
  });

  const limit = bodyLimit({
    maxSize: maxBodyBytes,
    onError: (c) => refuse(c, new Refusal(413, "body_too_large", `The request is longer than ${maxBodyBytes} bytes.`)),
  });
  app.post("/v1/chat/completions", async (c, next) => {
    const start = performance.now();
    await next();
    metrics.requests.inc({ status: c.res.status });
    // A stream has only begun here.
    if (!isStream(c.res)) metrics.seconds.observe((performance.now() - start) / 1000);
  }, limit, (c) => chat(c, options, metrics));
  return app;
}

async function chat(c: Context, options: AppOptions, metrics: Metrics): Promise<Response> {
  const { model, gate } = options;
  const start = performance.now();
  const leave = gate.enter();
  let streaming = false;
  try {
    const request = readChatRequest(await jsonOf(c), model);
    const shape: ResponseShape = { modelId: model.id, request, tokenText: options.tokenText };
    const gone = new AbortController();
    const late = AbortSignal.timeout(options.requestMs);
    const signal = AbortSignal.any([c.req.raw.signal, gone.signal, late, options.stop]);
    const why = (error: unknown): Refusal => {
      if (options.stop.aborted) return stopping();
      if (late.aborted) return new Refusal(504, "request_timeout", `The request took longer than ${options.requestMs / 1000} s, which is all it gets.`);
      if (signal.aborted) return new Refusal(499, "client_gone", "The client has left.");
      return refusalOf(error);
    };
    const events = counted(model.generate({ ...request.generate, signal }), metrics, start);
    try {
      if (!request.stream) {
        const all: GenerateEvent[] = [];
        for await (const event of events) all.push(event);
        return c.json(completionBody(shape, all));
      }
      // What is refused before the first event is refused with a status, not in the stream.
      let next = await events.next();
      streaming = true;
      return streamSSE(c, async (stream) => {
        stream.onAbort(() => gone.abort());
        // A client that stops reading leaves a write undone, and is not waited for beyond the request's time.
        const send = (data: string, until = signal) => unlessAborted(stream.writeSSE({ data }), until);
        const writer = new ChunkWriter(shape);
        try {
          for (; !next.done; next = await events.next()) for (const chunk of writer.chunks(next.value)) await send(JSON.stringify(chunk));
          for (const chunk of writer.last()) await send(JSON.stringify(chunk));
          await send("[DONE]");
        } catch (error) {
          if (!stream.aborted) await send(JSON.stringify(why(error).body), AbortSignal.timeout(LAST_WORD_MS)).catch(() => undefined);
        } finally {
          await events.return(undefined);
          leave();
          metrics.seconds.observe((performance.now() - start) / 1000);
        }
      });
    } catch (error) {
      throw why(error);
    }
  } finally {
    if (!streaming) leave();
  }
}

function isStream({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") === true;
}

async function* counted(events: AsyncIterable<GenerateEvent>, metrics: Metrics, start: number): AsyncGenerator<GenerateEvent, void> {
  let first = true;
  for await (const event of events) {
    if (first) metrics.firstSeconds.observe((performance.now() - start) / 1000);
    first = false;
    metrics.count(event);
    yield event;
  }
}

async function jsonOf(c: Context): Promise<unknown> {
  // A web page may send other types to this machine without asking.
  if (!/^application\/json\b/i.test(c.req.header("content-type") ?? "")) {
    throw new Refusal(415, "content_type", "Send the request as content-type: application/json.");
  }
  try {
    return await c.req.json();
  } catch {
    throw new Refusal(400, "invalid_json", "The request is not valid JSON.");
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function refuse(c: Context, refusal: Refusal): Response {
  return c.json(refusal.body, refusal.status as ContentfulStatusCode, refusal.headers);
}
