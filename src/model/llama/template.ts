import { Template } from "@huggingface/jinja";
import { ApprenticeError, messageOf } from "../../errors.ts";
import type { Message } from "../types.ts";

export interface SpecialTexts {
  readonly bos: string;
  readonly eos: string;
}

/** A model's own chat template, as its GGUF file carries it. */
export class ChatTemplate {
  readonly #template: Template;
  readonly #special: SpecialTexts;

  /** @throws ApprenticeError `model_unreadable` when the template cannot be parsed. */
  constructor(source: string, special: SpecialTexts) {
    try {
      this.#template = new Template(source);
    } catch (error) {
      throw new ApprenticeError("model_unreadable", `The model's chat template cannot be parsed: ${messageOf(error)}`, { cause: error });
    }
    this.#special = special;
  }

  /** The conversation as text, up to where the assistant's next turn begins; a last message of the assistant is whole. */
  render(messages: readonly Message[]): string {
    try {
      return this.#render(messages);
    } catch (error) {
      // Some templates refuse a system message; their models are told the same at the head of the first user message.
      const merged = withoutSystem(messages);
      try {
        if (merged) return this.#render(merged);
      } catch {
        // Refused for something else, which the first error tells.
      }
      throw new ApprenticeError("template_failed", `The model's chat template refuses this conversation: ${messageOf(error)}`, { cause: error });
    }
  }

  #render(messages: readonly Message[]): string {
    return this.#template.render({
      messages,
      add_generation_prompt: messages.at(-1)?.role !== "assistant",
      bos_token: this.#special.bos,
      eos_token: this.#special.eos,
    });
  }
}

function withoutSystem(messages: readonly Message[]): readonly Message[] | undefined {
  const [system, user, ...rest] = messages;
  if (system?.role !== "system" || user?.role !== "user") return undefined;
  return [{ role: "user", content: `${system.content}\n\n${user.content}` }, ...rest];
}
