import type { Message } from "../model/types.ts";
import type { Hit } from "../retrieval/types.ts";
import { retrievedDocuments } from "../tools/web-search.ts";
import type { Question } from "./types.ts";

/** The words of chain-of-thought prompting, as plain data. */
export interface CotPrompt {
  /** Named in records. */
  readonly id: string;
  readonly system: string;
  /** Worked examples as turns of the conversation, before the question. */
  readonly examples: readonly Message[];
}

/** Reasoning first, then the answer in tags, boxed for maths: what the paper's chain-of-thought students are asked (appendix C). */
export const cotPrompt: CotPrompt = {
  id: "cot",
  system: `You are an expert who answers questions with clear reasoning and accurate answers.

Guidelines:
1. Reason first, step by step. Separate the steps by blank lines.
2. Then give the final answer between <answer> and </answer>, for example <answer> Paris </answer>.
3. Keep the answer short. For a math problem, write it in LaTeX inside \\boxed{}, for example <answer> \\boxed{\\frac{1}{2}} </answer>.
4. Break questions that take several steps or facts into parts.
5. Be precise. If you are not sure, say so in the reasoning, and still give your best answer.

Now answer the following question.`,
  examples: [],
};

/** The conversation that asks for a chain of thought. */
export function cotMessages(prompt: CotPrompt, question: Question, hits: readonly Hit[] = [], guided = false): Message[] {
  const passages = hits.length === 0 ? "" : `${retrievedDocuments(hits)}\n`;
  return [
    { role: "system", content: prompt.system },
    ...prompt.examples,
    { role: "user", content: `${passages}${question.text}${guided ? guidance(question) : ""}` },
  ];
}

/** A recorded conversation without the solution that a guided teacher was shown: its student will have none to look at. */
export function withoutGuidance(messages: readonly Message[], question: Question): Message[] {
  const shown = guidance(question);
  return messages.map((message) => (shown !== "" && message.content.endsWith(shown) ? { ...message, content: message.content.slice(0, -shown.length) } : message));
}

function guidance({ solution }: Question): string {
  if (solution === undefined) return "";
  return `\n\n<reference>\nA correct solution, for you alone. Reason towards the same answer in your own words, and do not mention that you were given it.\n\n${solution}\n</reference>`;
}
