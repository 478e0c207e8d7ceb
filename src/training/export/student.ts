import { basename } from "node:path";
import type { LlamaModel as Weights } from "node-llama-cpp";
import { ApprenticeError } from "../../errors.ts";
import { pullModel, type PullOptions } from "../../model/catalogue/pull.ts";
import { expectGguf, loadWeights } from "../../model/llama/load.ts";
import { loadLlama } from "../../model/llama/peer.ts";
import { ChatTemplate } from "../../model/llama/template.ts";
import { controlPattern } from "../../model/llama/tokenizer.ts";
import type { Message } from "../../model/types.ts";

/** Pieces of text longer than this, e.g. the system message that all rows share, are tokenised once. */
const CACHED_CHARS = 256;
const CACHED_PIECES = 64;

/** What the exported text is made for: a model's chat template and tokenizer, without its weights. */
export interface Student {
  /** As it was named. */
  readonly id: string;
  /** The GGUF file. */
  readonly path: string;
  /** E.g. `qwen2`. */
  readonly architecture: string;
  /** The chat template's source, in Jinja. */
  readonly template: string;
  /** The token that begins a text, as text; empty where there is none. */
  readonly bos: string;
  /** The conversation as text, up to where the next turn begins; a last turn of the assistant is ended. */
  render(messages: readonly Message[]): string;
  /** Token ids of a text's parts, each by itself, with the control tokens of the template read as such. */
  encode(parts: readonly string[]): number[][];
  /** Whether a message's own text spells a control token, which no export in text form can tell from a real one. */
  spellsControl(text: string): boolean;
  dispose(): Promise<void>;
}

/**
 * Opens a GGUF model's template and tokenizer.
 *
 * @param model A catalogue name, a path to a `.gguf` file, or `hf:owner/repo/file.gguf`.
 * @throws ApprenticeError those of `llama`.
 */
export async function openStudent(model: string, options: PullOptions = {}): Promise<Student> {
  const runtime = await loadLlama(false);
  const path = await pullModel(model, options);
  await expectGguf(path, "model_unreadable");
  const weights = await runtime.loadModel({ modelPath: path, vocabOnly: true }).catch(() => loadWeights(runtime, path, options.signal));
  const { tokenizer, general } = weights.fileInfo.metadata;
  const template = tokenizer.chat_template;
  if (!template) throw new ApprenticeError("model_unreadable", `${basename(path)} has no chat template: choose an instruction-tuned model.`);
  const bos = weights.tokens.bosString ?? "";
  const chat = new ChatTemplate(template, { bos, eos: weights.tokens.eosString ?? "" });
  const control = controlPattern(weights);
  return {
    id: model,
    path,
    architecture: general.architecture,
    template,
    bos,
    render: (messages) => chat.render(messages),
    encode: encoder(weights, control),
    spellsControl: (text) => control !== undefined && text.search(control) >= 0,
    dispose: () => weights.dispose(),
  };
}

function encoder(weights: Weights, control: RegExp | undefined): Student["encode"] {
  const { shouldPrependBosToken, bos } = weights.tokens;
  // Byte-level BPE never joins text across a control token, so that the pieces between them can be tokenised apart.
  const splits = weights.fileInfo.metadata.tokenizer.ggml.model === "gpt2" && control !== undefined;
  const cache = new Map<string, number[]>();
  const tokenize = (text: string, isFirst: boolean): number[] => {
    if (!splits) return weights.tokenize(text, true, isFirst ? undefined : "trimLeadingSpace");
    const known = cache.get(text);
    if (known) return known;
    const ids: number[] = weights.tokenize(text, true);
    if (text.length > CACHED_CHARS && cache.size < CACHED_PIECES) cache.set(text, ids);
    return ids;
  };
  const pieces = (text: string): string[] => (splits ? splitAfterLong(text, control) : [text]);
  return (parts) => {
    const encoded = parts.map((part, index) => pieces(part).flatMap((piece, at) => tokenize(piece, index + at === 0)));
    if (shouldPrependBosToken && bos !== null && encoded[0]?.[0] !== bos) encoded[0]?.unshift(bos);
    return encoded;
  };
}

/** Splits off a long text before the first control token that follows it; the rest stays whole. */
function splitAfterLong(text: string, control: RegExp): string[] {
  const at = text.slice(CACHED_CHARS).search(control);
  return at < 0 ? [text] : [text.slice(0, at + CACHED_CHARS), text.slice(at + CACHED_CHARS)];
}
