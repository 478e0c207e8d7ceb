import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { ApprenticeError, messageOf } from "../../errors.ts";
import { readLines } from "../lines.ts";
import { schemaId, type Trajectory } from "../schema.ts";
import { sumUsage } from "../usage.ts";
import { codeIn, emptyEnvironment, importedId, importedStep, noUsage } from "./imported.ts";

/** The version of the Agent Trajectory Interchange Format that is written. */
const version = "ATIF-v1.4";

const content = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() })).transform((parts) => parts.map((part) => part.text ?? "").join("\n"))]);
const metrics = z.looseObject({
  prompt_tokens: z.number().int().nonnegative().nullish(),
  completion_tokens: z.number().int().nonnegative().nullish(),
  cached_tokens: z.number().int().nonnegative().nullish(),
  cost_usd: z.number().nonnegative().nullish(),
  completion_token_ids: z.array(z.number().int().nonnegative()).nullish(),
  logprobs: z.array(z.number()).nullish(),
});
const step = z.looseObject({
  source: z.enum(["system", "user", "agent"]),
  message: content,
  timestamp: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  tool_calls: z.array(z.looseObject({ tool_call_id: z.string(), function_name: z.string(), arguments: z.record(z.string(), z.json()) })).nullish(),
  observation: z.looseObject({ results: z.array(z.looseObject({ source_call_id: z.string().nullish(), content: content.nullish() })) }).nullish(),
  metrics: metrics.nullish(),
});
const atif = z.looseObject({
  schema_version: z.string().regex(/^ATIF-v1\./, "this version of apprentice reads ATIF-v1"),
  session_id: z.string().optional(),
  agent: z.looseObject({ name: z.string(), model_name: z.string().nullish() }),
  steps: z.array(step).min(1),
});

type Atif = z.infer<typeof atif>;
type AtifStep = Atif["steps"][number];

/**
 * Trajectories in ATIF: a `.json` file of one, or a `.jsonl` of many. Agents whose calls are not Python keep their calls as
 * tool calls of the step, without code.
 *
 * @throws `import_invalid` with the file; `file_unreadable`.
 */
export async function* importAtif(path: string): AsyncGenerator<Trajectory> {
  if (/\.jsonl(\.gz|\.zst)?$/.test(path)) {
    for await (const { number, text } of readLines(path)) if (text.trim() !== "") yield fromAtif(text, path, number);
    return;
  }
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new ApprenticeError("file_unreadable", `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  yield fromAtif(text, path, 1);
}

function fromAtif(text: string, path: string, line: number): Trajectory {
  let parsed: ReturnType<typeof atif.safeParse>;
  try {
    parsed = atif.safeParse(JSON.parse(text));
  } catch (error) {
    throw new ApprenticeError("import_invalid", `${path}:${line}: not JSON: ${messageOf(error)}`, { cause: error });
  }
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ApprenticeError("import_invalid", `${path}:${line}: not ATIF: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const { steps, agent, session_id: session } = parsed.data;
  const first = steps.findIndex(({ source }) => source === "agent");
  const opening = steps.slice(0, first < 0 ? steps.length : first);
  const question = opening.findLast(({ source }) => source === "user")?.message ?? "";
  const turns = steps.slice(opening.length).filter(({ source }) => source === "agent");
  const actions = turns.map(turnOf);
  const answer = actions.at(-1)?.finalAnswer ?? (actions.at(-1)?.code === undefined ? turns.at(-1)?.message.trim() : undefined);
  const started = steps[0]?.timestamp;
  return {
    schema: schemaId,
    id: importedId("atif", basename(path), String(line), session ?? JSON.stringify(parsed.data)),
    question: { id: session ?? importedId(question), text: question },
    solver: { id: agent.name, sampler: "unknown", prompt: "atif" },
    model: agent.model_name ?? "unknown",
    seed: 0,
    attempt: 0,
    messages: opening.map(({ source, message }) => ({ role: source === "system" ? ("system" as const) : ("user" as const), content: message })),
    steps: actions.map(importedStep),
    outcome: answer === undefined || answer === "" ? { type: "no_answer" } : { type: "answered", answer, by: actions.at(-1)?.finalAnswer === undefined ? "response" : "final_answer" },
    usage: sumUsage(actions.map(({ usage }) => usage)),
    startedAt: started && !Number.isNaN(Date.parse(started)) ? new Date(started).toISOString() : new Date(0).toISOString(),
    ms: 0,
    environment: emptyEnvironment(),
    origin: { format: "atif", file: basename(path) },
  };
}

function turnOf({ message, reasoning_content, tool_calls, observation, metrics: told }: AtifStep) {
  const results = observation?.results ?? [];
  const python = (tool_calls ?? []).flatMap((call) => {
    const code = call.arguments["code"];
    return typeof code === "string" ? [code] : [];
  });
  const code = python.length > 0 ? python.join("\n\n") : codeIn(message);
  const final = tool_calls?.find((call) => call.function_name === "final_answer")?.arguments["answer"];
  const others = (tool_calls ?? []).filter((call) => typeof call.arguments["code"] !== "string" && call.function_name !== "final_answer");
  return {
    text: reasoning_content ? `${reasoning_content}\n\n${message}` : message,
    code: code ?? (others.length > 0 ? "" : undefined),
    observation: results.length > 0 ? results.map((result) => result.content ?? "").join("\n") : undefined,
    usage: told
      ? {
          inputTokens: told.prompt_tokens ?? 0,
          outputTokens: told.completion_tokens ?? 0,
          ...(typeof told.cached_tokens === "number" && { cachedInputTokens: told.cached_tokens }),
          ...(typeof told.cost_usd === "number" && { cost: told.cost_usd }),
        }
      : noUsage,
    ...(told?.completion_token_ids && { tokenIds: told.completion_token_ids }),
    ...(told?.logprobs && { logprobs: told.logprobs }),
    ...(final !== undefined && { finalAnswer: typeof final === "string" ? final : JSON.stringify(final) }),
    toolCalls: others.map((call) => ({
      name: call.function_name,
      args: call.arguments,
      result: { ok: true as const, value: results.find((result) => result.source_call_id === call.tool_call_id)?.content ?? null },
      ms: 0,
    })),
  };
}

/** A trajectory as one ATIF document. What ATIF has no field for goes under `extra`; of candidates that lost the vote, their number. */
export function exportAtif(trajectory: Trajectory): object {
  const { id, question, solver, model, messages, steps, outcome, usage, grade, environment } = trajectory;
  const opening = messages.map(({ role, content }) => ({ source: role === "assistant" ? "agent" : role, message: content }));
  const turns = steps.map((each) => {
    if (each.kind === "forced_answer") return { source: "agent", message: each.text, metrics: toMetrics(each.usage), extra: { request: each.request } };
    const winner = each.kind === "action" ? each.candidates[each.vote.winner] : each.responses[each.vote.winner];
    const others = each.kind === "action" ? each.candidates.length - 1 : each.responses.length - 1;
    const code = winner && "action" in winner && winner.action.ok ? winner.action.code : undefined;
    const call = `call_${each.index + 1}`;
    return {
      source: "agent",
      model_name: model,
      message: winner?.text ?? "",
      ...(code !== undefined && { tool_calls: [{ tool_call_id: call, function_name: "python_interpreter", arguments: { code } }] }),
      ...(each.kind === "action" && each.observation !== undefined && { observation: { results: [{ ...(code !== undefined && { source_call_id: call }), content: each.observation }] } }),
      metrics: { ...toMetrics(each.usage), ...(winner?.tokenIds && { completion_token_ids: winner.tokenIds }), ...(winner?.logprobs && { logprobs: winner.logprobs }) },
      ...(others > 0 && { extra: { vote: each.vote, other_candidates: others } }),
    };
  });
  return {
    schema_version: version,
    session_id: id,
    agent: { name: solver.id, version: environment.apprentice === "" ? "unknown" : environment.apprentice, model_name: model, extra: { sampler: solver.sampler, prompt: solver.prompt } },
    steps: [...opening, ...turns].map((each, index) => ({ step_id: index + 1, ...each })),
    final_metrics: {
      total_prompt_tokens: usage.inputTokens,
      total_completion_tokens: usage.outputTokens,
      ...(usage.cachedInputTokens !== undefined && { total_cached_tokens: usage.cachedInputTokens }),
      ...(usage.cost !== undefined && { total_cost_usd: usage.cost }),
      total_steps: opening.length + turns.length,
    },
    extra: { question, outcome, ...(grade && { grade }) },
  };
}

function toMetrics(usage: Trajectory["usage"]): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    ...(usage.cachedInputTokens !== undefined && { cached_tokens: usage.cachedInputTokens }),
    ...(usage.cost !== undefined && { cost_usd: usage.cost }),
  };
}
