import { ApprenticeError } from "../errors.ts";
import { llama, type LlamaOptions } from "./llama/llama.ts";
import { openai, type OpenAIOptions } from "./openai/index.ts";
import type { ChatModel } from "./types.ts";

/** Those of `llama` are for models in this process, those of `openai` for servers; both take `id` and `signal`. */
export type OpenModelOptions = Omit<LlamaOptions, "model"> & Omit<OpenAIOptions, "model" | "baseUrl">;

/** How rooms that are given a model's name have it opened: `openModel`, or it with adapters looked up and a bar. */
export type ModelOpener = (name: string, wish: ModelWish) => Promise<ChatModel>;

export interface ModelWish {
  /** LoRA adapters: names or paths. */
  readonly adapters?: readonly string[];
  /** Completions wanted at once. A model in this process has room for so many, a server decides for itself. Default: 1. */
  readonly sequences?: number;
  /** Calls to a server at once, for each of its base URLs. Default: the adapter's. */
  readonly concurrency?: number;
  readonly signal: AbortSignal;
}

/** More written at once gains little on a CPU (bench/README.md), and each takes memory for a whole context. */
const MOST_SEQUENCES = 16;

/** Room for so many conversations in flight (`auto`: as many as gain anything), with `samples` of each. */
export function sequencesFor(inFlight: number | "auto", samples = 1): number {
  return inFlight === "auto" ? MOST_SEQUENCES : Math.min(MOST_SEQUENCES, inFlight * samples);
}

/**
 * Opens the model that a name stands for: a catalogue name, a path to a `.gguf` file, `hf:owner/repo/file.gguf`
 * (downloaded first if it is not there), or `openai:MODEL@http://host:8000/v1` for a server; several base URLs are
 * separated by commas, and without one the environment's `OPENAI_BASE_URL` or OpenAI itself is meant.
 *
 * @throws ApprenticeError those of `llama` and of `openai`.
 */
export async function openModel(spec: string, options: OpenModelOptions = {}): Promise<ChatModel> {
  const served = parseServed(spec);
  if (!served) return llama({ ...options, model: spec });
  if (options.adapters?.length) {
    throw new ApprenticeError("option_invalid", "A server lays adapters over its models itself: name the adapted model as the server lists it, without an adapter.");
  }
  return openai({ ...options, ...served });
}

/** A model's name without the server that it is on: `openai:MODEL`; other names as they are. */
export function unserved(spec: string): string {
  const served = parseServed(spec);
  return served ? `openai:${served.model}` : spec;
}

/** What `openai:MODEL@URL,URL` says; undefined for a name that is none. A model's name may itself contain `@`. */
function parseServed(spec: string): { model: string; baseUrl?: string[] } | undefined {
  if (!spec.startsWith("openai:")) return undefined;
  const rest = spec.slice("openai:".length);
  const at = rest.search(/@https?:\/\//i);
  if (at >= 0) return { model: rest.slice(0, at), baseUrl: rest.slice(at + 1).split(",") };
  if (/^https?:|.@[\w.-]+(?::\d|\/)/.test(rest)) {
    throw new ApprenticeError("option_invalid", `"${spec}" names no server: write openai:MODEL@http://host:8000/v1, or openai:MODEL for OPENAI_BASE_URL.`);
  }
  return { model: rest };
}
