import { messageOf } from "../../errors.ts";
import type { FetchContext } from "./from-wheels.ts";

const CONNECT_MS = 5_000;
const STALL_MS = 30_000;
const ATTEMPTS = 4;

/** The address of a file of a repository. `$HF_ENDPOINT` replaces the host, as in Hugging Face's own tools. */
export function huggingFaceUrl(repo: string, file: string): string {
  const endpoint = (process.env["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");
  return `${endpoint}/${repo}/resolve/main/${file}`;
}

/**
 * Brings `part` to `bytes` (or to the length the server tells) by HTTP range requests. Throws with the reason when it
 * cannot; what was written stays. A transfer that breaks off is taken up again as long as it gets further.
 */
export async function fetchFromHuggingFace(url: string, bytes: number | undefined, context: FetchContext): Promise<void> {
  const { part, signal } = context;
  if (bytes !== undefined && part.size > bytes) await part.truncate();
  const isWhole = () => bytes !== undefined && part.size >= bytes;
  for (let attempt = 1; !isWhole(); attempt++) {
    const before = part.size;
    try {
      await transfer(url, context);
      break;
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= ATTEMPTS || part.size === before) throw error;
    }
  }
  if (bytes !== undefined && part.size !== bytes) throw new Error(`sent ${part.size} bytes instead of ${bytes}`);
}

/** What the server knows of a file before it is fetched. Large files carry their sha256 as entity tag. */
export async function describeHuggingFaceFile(url: string, signal?: AbortSignal): Promise<{ sha256?: string; bytes?: number }> {
  const { response, done } = await request(url, { method: "HEAD", redirect: "manual" }, signal);
  done();
  if (response.status === 405) return {};
  if (response.status >= 400) throw new Error(`HTTP ${response.status}`);
  const sha256 = (response.headers.get("x-linked-etag") ?? "").replaceAll('"', "");
  const bytes = Number(response.headers.get("x-linked-size") ?? (response.ok ? response.headers.get("content-length") : 0));
  return { ...(/^[0-9a-f]{64}$/.test(sha256) && { sha256 }), ...(bytes > 0 && { bytes }) };
}

async function transfer(url: string, { part, signal, onBytes }: FetchContext): Promise<void> {
  const headers: Record<string, string> = part.size > 0 ? { range: `bytes=${part.size}-` } : {};
  const { response, alive, done } = await request(url, { headers }, signal);
  try {
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
    const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
    if (response.status !== 206 || Number(start) !== part.size) await part.truncate();
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      alive();
      await part.append(chunk);
      onBytes();
    }
  } finally {
    done();
  }
}

/** A fetch that gives up when no answer begins soon, so that a machine without network goes on to the next source. */
async function request(url: string, init: RequestInit, signal?: AbortSignal) {
  const watch = new AbortController();
  let timer = setTimeout(() => watch.abort(new Error(`no answer within ${CONNECT_MS / 1000} s`)), CONNECT_MS);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => watch.abort(new Error(`nothing arrived for ${STALL_MS / 1000} s`)), STALL_MS);
  };
  const done = () => {
    clearTimeout(timer);
    watch.abort();
  };
  try {
    const response = await fetch(url, { ...init, signal: signal ? AbortSignal.any([signal, watch.signal]) : watch.signal });
    alive();
    return { response, alive, done };
  } catch (error) {
    clearTimeout(timer);
    signal?.throwIfAborted();
    throw error instanceof Error && error.cause ? new Error(messageOf(error.cause) || error.message) : error;
  }
}
