import { setTimeout as sleep } from "node:timers/promises";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { streamSSE } from "hono/streaming";
import { ApprenticeError, messageOf } from "../../errors.ts";
import { listen } from "../../listen.ts";
import { readPage } from "../html/assets.ts";
import { viewerPage } from "../html/viewer-page.ts";
import { findJournals } from "../journals/find.ts";
import { TrajectoryIndex } from "./trajectory-index.ts";

export interface ViewerOptions {
  /** `.jsonl` files, or folders of them. */
  readonly paths: readonly string[];
  /** Default: 0, any free port. */
  readonly port?: number;
  /** Default: 127.0.0.1. Anyone who reaches another address can read the trajectories. */
  readonly host?: string;
}

export interface Viewer {
  readonly url: string;
  close(): Promise<void>;
}

const pollMs = 500;
const pingMs = 15_000;
const summariesAtOnce = 500;

/**
 * Serves a page on which trajectories can be looked at, and follows the journals while they grow.
 *
 * @throws `file_missing`; `port_taken` and `host_unavailable` when the port or the address cannot be had.
 */
export async function startViewer({ paths, port = 0, host = "127.0.0.1" }: ViewerOptions): Promise<Viewer> {
  await findJournals(paths);
  const index = new TrajectoryIndex(paths);
  const stopped = new AbortController();
  const app = await viewerApp(index, host, stopped.signal);
  const server = createAdaptorServer({ fetch: app.fetch, hostname: host });
  const origin = await listen(server, port, host);
  const following = follow(index, stopped.signal);
  return {
    url: `${origin}/`,
    async close() {
      stopped.abort();
      await following;
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      });
    },
  };
}

async function viewerApp(index: TrajectoryIndex, host: string, stopped: AbortSignal): Promise<Hono> {
  const page = await readPage();
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        imgSrc: ["data:"],
        frameAncestors: ["'none'"],
        requireTrustedTypesFor: ["'script'"],
      },
      referrerPolicy: "no-referrer",
    }),
  );
  // A page elsewhere whose name was made to point here must not read the trajectories.
  app.use(async (c, next) => {
    const name = new URL(c.req.url).hostname;
    if (["127.0.0.1", "localhost", "[::1]", host, `[${host}]`].includes(name) || host === "0.0.0.0" || host === "::") return next();
    return c.text("This viewer answers to localhost only.", 403);
  });

  app.get("/", (c) => c.html(viewerPage()));
  app.get("/viewer.js", (c) => c.body(page.script, 200, { "content-type": "text/javascript; charset=utf-8" }));
  app.get("/viewer.css", (c) => c.body(page.style, 200, { "content-type": "text/css; charset=utf-8" }));
  app.get("/api/trajectory", async (c) => c.json(await index.load(c.req.query("key") ?? "")));
  app.get("/api/summaries", (c) =>
    streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const ended = AbortSignal.any([gone.signal, stopped]);
      let [generation, sent] = resumeFrom(c.req.header("last-event-id"), index.generation);
      if (sent === 0) await stream.writeSSE({ event: "reset", data: "" });
      while (!ended.aborted) {
        if (generation !== index.generation) {
          [generation, sent] = [index.generation, 0];
          await stream.writeSSE({ event: "reset", data: "" });
        }
        while (sent < index.summaries.length && !ended.aborted) {
          const summaries = index.summaries.slice(sent, sent + summariesAtOnce);
          sent += summaries.length;
          await stream.writeSSE({ event: "summaries", id: `${generation}:${sent}`, data: JSON.stringify(summaries) });
        }
        await stream.writeSSE({ event: "unreadable", data: JSON.stringify(index.unreadable) });
        await index.changed(AbortSignal.any([ended, AbortSignal.timeout(pingMs)])).catch(() => undefined);
      }
    }),
  );
  app.onError((error, c) => {
    const unknown = error instanceof ApprenticeError && error.code === "trajectory_unknown";
    return c.json({ error: messageOf(error) }, unknown ? 404 : 500);
  });
  return app;
}

/** Where a reader whose connection broke goes on. */
function resumeFrom(lastId: string | undefined, generation: number): [number, number] {
  const [known, sent] = (lastId ?? "").split(":").map(Number);
  return known === generation && sent !== undefined && Number.isInteger(sent) && sent >= 0 ? [generation, sent] : [generation, 0];
}

async function follow(index: TrajectoryIndex, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    // A folder that is gone for a moment may come back; what was read stays to be seen.
    await index.refresh().catch(() => undefined);
    await sleep(pollMs, undefined, { signal: stopped }).catch(() => undefined);
  }
}
