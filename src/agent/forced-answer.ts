import type { GenerateEvent, Message, Usage } from "../model/types.ts";
import type { RunEvent } from "../solvers/types.ts";
import type { Outcome, Step } from "../trajectory/schema.ts";
import type { LoopConfig } from "./loop.ts";
import { forcedAnswerMessage } from "./prompt.ts";

/** After the last step: asks once more, for the answer alone, and takes what is said for it. */
export async function* forcedAnswer(
  { model, prompt, maxTokens }: LoopConfig,
  question: string,
  conversation: readonly Message[],
  steps: Step[],
  signal: AbortSignal,
): AsyncGenerator<RunEvent, Outcome> {
  const index = steps.length;
  yield { type: "step_start", step: index, kind: "forced_answer" };
  const start = performance.now();
  const request = forcedAnswerMessage(prompt, question);
  let text = "";
  let usage: Usage = { inputTokens: 0, outputTokens: 0 };
  const events: AsyncIterable<GenerateEvent> = model.generate({
    messages: mergeLast(conversation, request),
    temperature: 0,
    maxTokens,
    signal,
  });
  for await (const event of events) {
    if (event.type === "done") {
      usage = event.usage;
    } else {
      text += event.text;
      yield { type: "text_delta", step: index, candidate: 0, text: event.text };
    }
  }
  const step: Step = {
    kind: "forced_answer",
    index,
    request: request.content,
    text,
    usage,
    ms: performance.now() - start,
  };
  steps.push(step);
  yield { type: "step_end", step };
  const answer = text.trim();
  return answer === "" ? { type: "no_answer" } : { type: "answered", answer, by: "forced" };
}

/** Many chat templates refuse two user messages in a row, so the request joins the last observation. */
function mergeLast(conversation: readonly Message[], request: Message): Message[] {
  const last = conversation.at(-1);
  if (last?.role !== "user") return [...conversation, request];
  return [...conversation.slice(0, -1), { role: "user", content: `${last.content}\n\n${request.content}` }];
}
