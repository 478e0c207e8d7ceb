import pRetry from "p-retry";
import { ApprenticeError, messageOf } from "../errors.ts";
import { completionSeed } from "../random.ts";
import { unlessAborted } from "../unless-aborted.ts";
import { StopFilter } from "./stop-filter.ts";
import type { ChatModel, GenerateEvent, GenerateRequest, Message, Usage } from "./types.ts";

/** What is asked of something that writes one completion at a time. */
export interface OneRequest extends Required<Pick<GenerateRequest, "temperature" | "topP" | "maxTokens" | "stop">> {
  /** The prefill, where it is sent, is the last message, of the assistant. */
  readonly messages: readonly Message[];
  readonly seed: number | undefined;
  readonly signal: AbortSignal;
}

/** A piece of its answer. What it does not tell of its usage is estimated. */
export type Piece =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "end"; readonly finish: "end" | "stop" | "length"; readonly usage: Partial<Usage> };

export interface OneByOne {
  readonly id: string;
  readonly prefill: ChatModel["can"]["prefill"];
  readonly seed: boolean;
  write(request: OneRequest): AsyncIterable<Piece>;
  /** Whether it is worth another try. Asked only while nothing was written. */
  retry(error: unknown): boolean;
}

/** A model that says nothing for so long is given up. */
const SILENCE_MS = 300_000;
/** Roughly, in any language that models are trained on. */
const CHARS_PER_TOKEN = 4;

/**
 * A chat model over something that writes one completion at a time: n are written at once. Stop strings, cancelling and
 * taking off an echoed prefill are done here.
 */
export function oneByOne(source: OneByOne): ChatModel {
  return {
    id: source.id,
    can: { prefill: source.prefill, samples: false, logprobs: false, seed: source.seed },
    generate: (request) => generate(source, request),
  };
}

async function* generate(source: OneByOne, request: GenerateRequest): AsyncGenerator<GenerateEvent> {
  const { signal, n = 1 } = request;
  signal?.throwIfAborted();
  const over = new AbortController();
  const ends = AbortSignal.any([over.signal, ...(signal ? [signal] : [])]);
  const events = new ReadableStream<GenerateEvent>({
    start(stream) {
      const emit = (event: GenerateEvent) => void (over.signal.aborted || stream.enqueue(event));
      const fail = (error: unknown) => {
        if (over.signal.aborted) return;
        over.abort();
        stream.error(signal?.aborted ? signal.reason : asTyped(error, source.id));
      };
      signal?.addEventListener("abort", () => fail(signal.reason), { once: true, signal: over.signal });
      Promise.all(Array.from({ length: n }, (_, index) => writeOne(source, request, index, ends, emit))).then(() => {
        if (!over.signal.aborted) stream.close();
      }, fail);
    },
    cancel: () => over.abort(),
  });
  try {
    yield* events;
  } finally {
    over.abort();
  }
}

async function writeOne(source: OneByOne, request: GenerateRequest, index: number, signal: AbortSignal, emit: (event: GenerateEvent) => void): Promise<void> {
  const { temperature = 0, topP = 1, maxTokens = 1024, prefill = "", stop = [], seed } = request;
  const cancelled = request.cancel?.[index];
  const left = new AbortController();
  const ends = AbortSignal.any([signal, left.signal, ...(cancelled ? [cancelled] : [])]);
  const opening = source.prefill === "none" ? "" : prefill;
  const messages: Message[] = opening === "" ? [...request.messages] : [...request.messages, { role: "assistant", content: opening }];
  const one: OneRequest = { messages, temperature, topP, maxTokens, stop, seed: completionSeed(seed, index), signal: ends };

  const filter = new StopFilter(stop);
  const echo = new Opening(source.prefill === "echo" ? opening : "");
  let written = 0;
  let end: Extract<Piece, { type: "end" }> | undefined;
  const show = (text: string) => {
    if (text !== "") emit({ type: "delta", index, text });
  };
  const silence = setTimeout(() => left.abort(new ApprenticeError("server_timeout", `${source.id} said nothing for ${SILENCE_MS / 1000} s: run this again.`)), SILENCE_MS);
  const attempt = async () => {
    for await (const piece of source.write(one)) {
      ends.throwIfAborted();
      silence.refresh();
      if (piece.type === "end") {
        end = piece;
        return;
      }
      const text = echo.takeOff(piece.text);
      written += piece.text.length;
      const { text: shown, stopped } = filter.push(text);
      show(shown);
      if (!stopped) continue;
      end = { type: "end", finish: "stop", usage: {} };
      return;
    }
    throw new ApprenticeError("stream_cut", `${source.id} broke off in the middle of a completion: run this again.`);
  };
  let finish: Extract<GenerateEvent, { type: "done" }>["finish"] = maxTokens > 0 ? "end" : "length";
  try {
    if (cancelled?.aborted) finish = "cancelled";
    else if (maxTokens > 0) {
      // Models need not heed the signal.
      await pRetry(() => unlessAborted(attempt(), ends), { retries: 4, minTimeout: 500, randomize: true, signal: ends, shouldRetry: ({ error }) => written === 0 && source.retry(error) });
      finish = end?.finish ?? "end";
      if (finish !== "stop") {
        echo.expectOver();
        show(filter.flush());
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!cancelled?.aborted) throw error;
    finish = "cancelled";
  } finally {
    clearTimeout(silence);
    left.abort();
  }
  const estimate = { inputTokens: chars(messages) / CHARS_PER_TOKEN, outputTokens: written / CHARS_PER_TOKEN };
  const usage = { inputTokens: Math.ceil(estimate.inputTokens), outputTokens: Math.ceil(estimate.outputTokens), ...end?.usage };
  emit({ type: "done", index, finish, usage });
}

/** Takes off what an echo server says first. */
class Opening {
  #rest: string;

  constructor(opening: string) {
    this.#rest = opening;
  }

  takeOff(text: string): string {
    const length = Math.min(this.#rest.length, text.length);
    if (this.#rest.slice(0, length) !== text.slice(0, length)) throw prefillIgnored();
    this.#rest = this.#rest.slice(length);
    return text.slice(length);
  }

  expectOver(): void {
    if (this.#rest !== "") throw prefillIgnored();
  }
}

const prefillIgnored = () => new ApprenticeError("prefill_ignored", 'The model did not begin with the prefill: open it with prefill: "native" or "none".');

const chars = (messages: readonly Message[]) => messages.reduce((sum, { content }) => sum + content.length, 0);

function asTyped(error: unknown, id: string): ApprenticeError {
  if (error instanceof ApprenticeError) return error;
  return new ApprenticeError("model_failed", `${id} failed: ${messageOf(error)}`, { cause: error });
}
