import type { Token } from "node-llama-cpp";
import type { Tokenizer } from "./tokenizer.ts";

/** What a character cut short decodes to. */
const REPLACEMENT = "\uFFFD";
/** A character takes at most four bytes, hence four tokens; what stays broken longer is the model's own doing. */
const LONGEST = 4;
/** Some tokenizers put a space before a word depending on what came before it. */
const CONTEXT = 4;

/** Turns tokens into text one at a time; a character spread over several tokens comes with the last of them. */
export class PieceDecoder {
  readonly #tokenizer: Tokenizer;
  #before: readonly Token[];
  #pending: Token[] = [];
  /** Of the pending tokens' text: how much was given out already. */
  #given = 0;
  /** For how many tokens the text has been broken off at `#given`. */
  #broken = 0;

  constructor(tokenizer: Tokenizer, prompt: readonly Token[]) {
    this.#tokenizer = tokenizer;
    this.#before = prompt.slice(-CONTEXT);
  }

  push(token: Token): string {
    this.#pending.push(token);
    const text = this.#decode();
    const whole = text.endsWith(REPLACEMENT) ? text.length - REPLACEMENT.length : text.length;
    this.#broken = whole === this.#given ? this.#broken + 1 : 1;
    if (whole === text.length || this.#broken >= LONGEST) return this.#finish(text);
    const fresh = text.slice(this.#given, whole);
    this.#given = whole;
    return fresh;
  }

  /** What is left when no more tokens come. */
  flush(): string {
    return this.#pending.length > 0 ? this.#finish(this.#decode()) : "";
  }

  #decode(): string {
    return this.#tokenizer.detokenize(this.#pending, false, this.#before);
  }

  #finish(text: string): string {
    const fresh = text.slice(this.#given);
    this.#before = [...this.#before, ...this.#pending].slice(-CONTEXT);
    this.#pending = [];
    this.#given = 0;
    this.#broken = 0;
    return fresh;
  }
}
