import { basename } from "node:path";
import type { LlamaModel as Weights, Token } from "node-llama-cpp";
import { ApprenticeError } from "../../errors.ts";
import { pullModel, type PullOptions } from "../catalogue/pull.ts";
import { resolveModel } from "../catalogue/resolve.ts";
import type { ChatModel, Message } from "../types.ts";
import { complete, disposed, type Engine } from "./complete.ts";
import { expectGguf, loadWeights, openContext, type Adapter } from "./load.ts";
import { loadLlama, type Gpu } from "./peer.ts";
import { Rounds } from "./rounds.ts";
import { SequencePool } from "./sequence-pool.ts";
import { ChatTemplate } from "./template.ts";
import { Tokenizer } from "./tokenizer.ts";
import { gpuWished, threadsWished } from "./wished.ts";

export interface LlamaOptions extends PullOptions {
  /** A catalogue name, a path to a `.gguf` file, or `hf:owner/repo/file.gguf`. Downloaded if need be. */
  readonly model: string;
  /** LoRA adapters to lay over the model. Default: none. */
  readonly adapters?: readonly (string | Adapter)[];
  /** Names the model in records. Default: the catalogue name or file name, then `+name` for each adapter. */
  readonly id?: string;
  /** Tokens that a conversation and its completion may take together. Default: 8192, or what the model was trained on if less. */
  readonly contextSize?: number;
  /**
   * Conversations, and samples of one that have parted, written at once; more wait in line. Each takes memory for a whole
   * context. Default: 1.
   */
  readonly sequences?: number;
  /** Default: `APPRENTICE_GPU` of the environment (`off` for the CPU), else `auto`, which falls back to the CPU. */
  readonly gpu?: Gpu;
  /**
   * Default: `APPRENTICE_THREADS` of the environment, else the physical cores. They wait on each other: fewer are faster where
   * other work keeps the cores busy.
   */
  readonly threads?: number;
  /**
   * Keep conversations evaluated between requests, so that only what is new need be evaluated. Numbers then differ in the
   * last bits with what was asked before; with `false` and one sequence, equal requests give equal completions always.
   * Default: true.
   */
  readonly reusePrefix?: boolean;
}

/** A model that runs in this process, with its tokenizer. */
export interface LlamaModel extends ChatModel {
  /** Tokens that a conversation and its completion may take together. */
  readonly contextSize: number;
  /** The conversation as the model reads it, by its own chat template, with the prefill. A last message of the assistant is ended. */
  render(messages: readonly Message[], options?: { readonly prefill?: string }): string;
  /** The tokens that `generate` evaluates for this conversation; control tokens that a message spells out are plain text here. */
  promptTokens(messages: readonly Message[], options?: { readonly prefill?: string }): number[];
  /** `special`: read control tokens such as `<|im_end|>` as such. Default: true. */
  tokenize(text: string, options?: { readonly special?: boolean }): number[];
  /** `special`: spell control tokens out. Default: true. */
  detokenize(tokens: readonly number[], options?: { readonly special?: boolean }): string;
  dispose(): Promise<void>;
}

/**
 * Opens a GGUF model with llama.cpp, through the optional peer dependency node-llama-cpp.
 *
 * @throws ApprenticeError `peer_missing`, `model_unknown`, `model_unreadable`, `adapter_unreadable`, `model_too_large`,
 * `peer_unusable`, `gpu_unavailable`, `option_invalid`, and those of `pullModel`. Its `generate` throws `context_overflow`, `model_disposed`, `template_failed`.
 */
export async function llama(options: LlamaOptions): Promise<LlamaModel> {
  const { signal, reusePrefix = true, sequences = 1 } = options;
  const adapters = (options.adapters ?? []).map((adapter) => (typeof adapter === "string" ? { path: adapter } : adapter));
  const threads = options.threads ?? threadsWished();
  const runtime = await loadLlama(options.gpu ?? gpuWished() ?? "auto");
  const path = await pullModel(options.model, options);
  for (const adapter of adapters) await expectGguf(adapter.path, "adapter_unreadable");
  const weights = await loadWeights(runtime, path, signal);
  try {
    const contextSize = options.contextSize ?? Math.min(weights.trainContextSize, 8192);
    const context = await openContext(weights, { contextSize, sequences, threads, adapters, signal });
    const pool = new SequencePool(Array.from({ length: sequences }, () => context.getSequence()));
    const tokenizer = new Tokenizer(weights, templateOf(weights, path));
    const id = options.id ?? [nameOf(options.model), ...adapters.map((adapter) => fileName(adapter.path))].join("+");
    const engine: Engine = {
      id,
      tokenizer,
      pool,
      rounds: new Rounds(),
      contextSize: context.contextSize,
      reusePrefix,
      isDisposed: () => weights.disposed,
    };
    return asChatModel(engine, weights);
  } catch (error) {
    await weights.dispose();
    throw error;
  }
}

function asChatModel(engine: Engine, weights: Weights): LlamaModel {
  const { id, tokenizer, contextSize } = engine;
  return {
    id,
    contextSize,
    can: { prefill: "native", samples: true, logprobs: true, seed: true },
    generate(request) {
      if (weights.disposed) throw disposed(id);
      return complete(engine, request);
    },
    render: (messages, { prefill = "" } = {}) => tokenizer.render(messages) + prefill,
    promptTokens: (messages, { prefill } = {}) => tokenizer.prompt(messages, prefill),
    tokenize: (text, { special = true } = {}) => tokenizer.tokenize(text, special),
    detokenize: (tokens, { special = true } = {}) => tokenizer.detokenize(tokens as readonly Token[], special),
    dispose: () => weights.dispose(),
  };
}

function templateOf(weights: Weights, path: string): ChatTemplate {
  const source = weights.fileInfo.metadata.tokenizer.chat_template;
  if (!source) throw new ApprenticeError("model_unreadable", `${path} has no chat template: choose an instruction-tuned model.`);
  return new ChatTemplate(source, { bos: weights.tokens.bosString ?? "", eos: weights.tokens.eosString ?? "" });
}

function nameOf(spec: string): string {
  const resolved = resolveModel(spec);
  if (resolved.kind === "catalogue") return resolved.model.name;
  return fileName(resolved.kind === "file" ? resolved.path : resolved.file);
}

function fileName(path: string): string {
  return basename(path).replace(/\.gguf$/i, "");
}
