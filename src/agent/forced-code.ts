import type { ChatModel, GenerateRequest } from "../model/types.ts";
import { completionSeed } from "../random.ts";
import type { RunEvent } from "../solvers/types.ts";
import type { Candidate } from "../trajectory/schema.ts";
import { sumUsage } from "../trajectory/usage.ts";
import type { Dialect } from "./dialect.ts";
import { parseAction } from "./parse.ts";

/** Whether a turn ended by itself without code, so that code can be begun for it. */
export function endedWithoutCode({ action, finish }: Candidate, model: ChatModel): boolean {
  return !action.ok && (finish === "end" || finish === "stop") && model.can.prefill !== "none";
}

/** Lets the model go on with a turn that it ended without code, after the opening of a code block. */
export async function forceCode(
  step: number,
  candidate: Candidate,
  model: ChatModel,
  request: GenerateRequest,
  dialect: Dialect,
  emit: (event: RunEvent) => void,
): Promise<Candidate> {
  const start = performance.now();
  const said = candidate.text.trimEnd();
  const opening = `${said === "" ? "" : "\n"}${dialect.code}\n${dialect.fenceOpen}\n`;
  const { cancel, seed, maxTokens, ...rest } = request;
  const own = cancel?.[candidate.index];
  const ownSeed = completionSeed(seed, candidate.index);
  let text = said + opening;
  emit({ type: "text_delta", step, candidate: candidate.index, text: opening });
  for await (const event of model.generate({
    ...rest,
    n: 1,
    prefill: text,
    // Candidates that thought alike are samples still, and a turn has its limit with both parts.
    ...(ownSeed !== undefined && { seed: ownSeed }),
    ...(maxTokens !== undefined && { maxTokens: Math.max(1, maxTokens - candidate.usage.outputTokens) }),
    ...(own && { cancel: [own] }),
  })) {
    if (event.type === "delta") {
      text += event.text;
      emit({ type: "text_delta", step, candidate: candidate.index, text: event.text });
      continue;
    }
    return {
      ...candidate,
      text,
      given: [...(candidate.given ?? []), { text: opening, at: said.length, source: "forced_code" }],
      finish: event.finish,
      ...(candidate.tokenIds && event.tokenIds && { tokenIds: [...candidate.tokenIds, ...event.tokenIds] }),
      ...(candidate.logprobs && event.logprobs && { logprobs: [...candidate.logprobs, ...event.logprobs] }),
      usage: sumUsage([candidate.usage, event.usage]),
      ms: candidate.ms + performance.now() - start,
      action: parseAction(text, dialect),
    };
  }
  return candidate;
}
