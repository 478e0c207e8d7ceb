import type { Agent } from "../../agent/agent.ts";
import type { AiSdkModel } from "../../model/ai-sdk/ai-sdk.ts";
import type { Trajectory } from "../../trajectory/schema.ts";
import { answerOf } from "../answer.ts";

type V4 = Extract<AiSdkModel, { specificationVersion: "v4" }>;
type CallOptions = Parameters<V4["doStream"]>[0];
type Generated = Awaited<ReturnType<V4["doGenerate"]>>;
type Part = Awaited<ReturnType<V4["doStream"]>>["stream"] extends ReadableStream<infer P> ? P : never;

/**
 * An agent as a language model of the AI SDK (specification v4), for `generateText`, `streamText` and what is built on them.
 * Its turns are the reasoning, its answer the text. How it samples is the agent's own matter: of the call's settings it
 * heeds the seed and the signal.
 */
export function agentModel(agent: Agent, { id = agent.id }: { readonly id?: string } = {}): V4 {
  const start = ({ prompt, seed }: CallOptions, signal: AbortSignal | undefined) =>
    agent.run(questionOf(prompt), { ...(seed !== undefined && { seed }), ...(signal && { signal }) });
  return {
    specificationVersion: "v4",
    provider: "apprentice",
    modelId: id,
    supportedUrls: {},
    async doGenerate(options): Promise<Generated> {
      const trajectory = await start(options, options.abortSignal).result;
      const text = answerOf(trajectory, options.abortSignal);
      const reasoning = trajectory.steps.flatMap((step) => (step.kind === "action" ? (step.candidates[step.vote.winner]?.text ?? "") : []));
      return {
        content: [...reasoning.map((text) => ({ type: "reasoning" as const, text })), { type: "text", text }],
        ...ending(trajectory),
        warnings: warningsOf(options),
      };
    },
    async doStream(options) {
      const left = new AbortController();
      const signal = AbortSignal.any([left.signal, ...(options.abortSignal ? [options.abortSignal] : [])]);
      const reading = parts(start(options, signal), warningsOf(options), signal);
      const stream = new ReadableStream<Part>({
        async pull(controller) {
          const { done, value } = await reading.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => left.abort(),
      });
      return { stream };
    },
  };
}

async function* parts(run: ReturnType<Agent["run"]>, warnings: Generated["warnings"], signal: AbortSignal | undefined): AsyncGenerator<Part> {
  yield { type: "stream-start", warnings };
  try {
    for await (const event of run) {
      // Of several candidates the first is shown: which one wins is known only when its turn has long been read.
      if (event.type === "step_start") yield { type: "reasoning-start", id: `step-${event.step}` };
      else if (event.type === "text_delta" && event.candidate === 0) yield { type: "reasoning-delta", id: `step-${event.step}`, delta: event.text };
      else if (event.type === "step_end") yield { type: "reasoning-end", id: `step-${event.step.index}` };
    }
    const trajectory = await run.result;
    const text = answerOf(trajectory, signal);
    yield { type: "text-start", id: "answer" };
    yield { type: "text-delta", id: "answer", delta: text };
    yield { type: "text-end", id: "answer" };
    yield { type: "finish", ...ending(trajectory) };
  } catch (error) {
    yield { type: "error", error };
  }
}

function ending({ id, usage }: Trajectory): Pick<Generated, "finishReason" | "usage" | "providerMetadata"> {
  const { inputTokens, outputTokens, cachedInputTokens } = usage;
  return {
    finishReason: { unified: "stop", raw: "answered" },
    usage: {
      inputTokens: { total: inputTokens, noCache: cachedInputTokens === undefined ? undefined : inputTokens - cachedInputTokens, cacheRead: cachedInputTokens, cacheWrite: undefined },
      outputTokens: { total: outputTokens, text: undefined, reasoning: undefined },
    },
    providerMetadata: { apprentice: { trajectory: id } },
  };
}

function warningsOf({ tools, responseFormat, temperature, topP, stopSequences }: CallOptions): Generated["warnings"] {
  const given = {
    tools: Boolean(tools?.length),
    responseFormat: responseFormat?.type === "json",
    temperature: temperature !== undefined,
    topP: topP !== undefined,
    stopSequences: Boolean(stopSequences?.length),
  };
  return Object.entries(given).flatMap(([feature, isGiven]) => (isGiven ? [{ type: "unsupported", feature, details: "Give it to the agent when it is made." } as const] : []));
}

/** The last user message; what came before goes in front of it. */
function questionOf(prompt: CallOptions["prompt"]): string {
  const turns = prompt.map((message) => ({ role: message.role, text: textOf(message.content) })).filter(({ text }) => text !== "");
  const last = turns.at(-1);
  if (!last) return "";
  const before = turns.slice(0, -1).map(({ role, text }) => (role === "system" ? text : `${role === "user" ? "User" : "Assistant"}: ${text}`));
  return [...before, last.text].join("\n\n");
}

function textOf(content: CallOptions["prompt"][number]["content"]): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}
