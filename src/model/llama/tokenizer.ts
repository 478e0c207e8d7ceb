import type { LlamaModel as Weights, Token } from "node-llama-cpp";
import type { Message } from "../types.ts";
import type { ChatTemplate } from "./template.ts";

/** The type of a token that steers the model, in a GGUF vocabulary. */
const CONTROL = 3;
/** Stands inside what looks like a control token but is a message's own text; a private-use character that no text has. */
const BREAK = "\u{10FFFD}";

/** Text to tokens and back, by llama.cpp's own tokenizer. */
export class Tokenizer {
  readonly #weights: Weights;
  readonly #template: ChatTemplate;
  readonly #control: RegExp | undefined;

  constructor(weights: Weights, template: ChatTemplate) {
    this.#weights = weights;
    this.#template = template;
    this.#control = controlPattern(weights);
  }

  /** The conversation as text, by the model's chat template. */
  render(messages: readonly Message[]): string {
    return this.#template.render(messages);
  }

  /** The tokens of the conversation and the prefill: what the model is given. */
  prompt(messages: readonly Message[], prefill = ""): Token[] {
    const marked = messages.map((message) => ({ ...message, content: this.#disarm(message.content) }));
    const text = this.#template.render(marked) + this.#disarm(prefill);
    const tokens = text.split(BREAK).flatMap((piece, index) => this.#weights.tokenize(piece, true, index > 0 ? "trimLeadingSpace" : undefined));
    const { shouldPrependBosToken, bos } = this.#weights.tokens;
    return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens;
  }

  /** Breaks up control tokens that a message spells out, so that no text from outside ends a turn or begins one. */
  #disarm(text: string): string {
    return this.#control ? text.replace(this.#control, (spelt) => spelt.slice(0, 1) + BREAK + spelt.slice(1)) : text;
  }

  tokenize(text: string, special: boolean): Token[] {
    return this.#weights.tokenize(text, special);
  }

  /** Whether the token ends the assistant's turn. */
  endsTurn(token: Token): boolean {
    return this.#weights.isEogToken(token);
  }

  detokenize(tokens: readonly Token[], special: boolean, before?: readonly Token[]): string {
    return this.#weights.detokenize(tokens, special, before);
  }
}

/** Finds the control tokens of a vocabulary, spelt out in a text; undefined when it has none. */
export function controlPattern(weights: Weights): RegExp | undefined {
  const { tokens, token_type: types } = weights.fileInfo.metadata.tokenizer.ggml;
  const spelt = tokens.filter((text, index) => types?.[index] === CONTROL && text.length > 1);
  if (spelt.length === 0) return undefined;
  const longestFirst = spelt.toSorted((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((text) => text.replace(/[$()*+.?[\\\]^{|}/-]/g, "\\$&")).join("|"), "gu");
}
