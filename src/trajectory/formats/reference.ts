import { basename } from "node:path";
import { z } from "zod";
import { ApprenticeError, messageOf } from "../../errors.ts";
import { readLines } from "../lines.ts";
import { schemaId, type Trajectory } from "../schema.ts";
import { codeIn, emptyEnvironment, importedId, importedStep, noUsage } from "./imported.ts";

const textOf = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() })).transform((parts) => parts.map((part) => part.text ?? "").join("\n"))]);
const message = z.looseObject({ role: z.string().transform((role) => role.replace("MessageRole.", "").toLowerCase().replace("_", "-")), content: textOf });
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String).nullish();

/** A line of the logs of the paper's published code: of an agent (`log_data`) or of chain-of-thought prompting (`response`). */
const entry = z.looseObject({
  question: z.string(),
  id: z.union([z.string(), z.number()]).transform(String).optional(),
  model_id: z.string().optional(),
  true_answer: text,
  answer: text,
  generated_answer: z.unknown().optional(),
  score: z.union([z.boolean(), z.number()]).nullish(),
  error: z.string().nullish(),
  response: z.string().nullish(),
  messages: z.array(message).nullish(),
  log_data: z
    .looseObject({
      messages: z.array(message),
      metadata: z.looseObject({ model: z.looseObject({ model_id: z.string() }).optional() }).optional(),
    })
    .nullish(),
});

type Entry = z.infer<typeof entry>;

/**
 * The logs of the paper's published code, as trajectories. They tell no times, no seed, and token counts that count steps
 * twice, so those are 0 here.
 *
 * @throws `import_invalid` with file and line; `file_unreadable`.
 */
export async function* importReference(path: string): AsyncGenerator<Trajectory> {
  for await (const { number, text: line } of readLines(path)) {
    if (line.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw new ApprenticeError("import_invalid", `${path}:${number}: not a JSON line: ${messageOf(error)}`, { cause: error });
    }
    const parsed = entry.safeParse(value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new ApprenticeError("import_invalid", `${path}:${number}: no line of the reference's logs: ${issue?.path.join(".")}: ${issue?.message}`);
    }
    yield toTrajectory(parsed.data, basename(path), number);
  }
}

function toTrajectory(log: Entry, file: string, line: number): Trajectory {
  const gold = log.true_answer ?? log.answer;
  const answer = log.generated_answer === null || log.generated_answer === undefined ? undefined : String(log.generated_answer);
  const isAgent = log.log_data !== undefined;
  const messages = (log.log_data?.messages ?? log.messages ?? []).map(({ role, content }) => ({ role, content }));
  const opening = messages.slice(0, openingLength(messages)).map(({ role, content }) => ({ role: role === "system" ? ("system" as const) : ("user" as const), content }));
  const failed = log.error ?? (isAgent && !log.log_data ? "The run left no log." : undefined);
  return {
    schema: schemaId,
    id: importedId("reference", file, String(line), JSON.stringify(log)),
    question: { id: log.id ?? importedId(log.question), text: log.question, ...(gold !== null && gold !== undefined && { answer: gold }) },
    solver: { id: isAgent ? "agent" : "cot", sampler: "unknown", prompt: "reference" },
    model: log.model_id ?? log.log_data?.metadata?.model?.model_id ?? "unknown",
    seed: 0,
    attempt: 0,
    messages: opening,
    steps: isAgent ? agentSteps(messages.slice(opening.length), answer) : responseSteps(log.response, answer),
    outcome: failed
      ? { type: "error", code: "reference_error", message: failed }
      : answer === undefined
        ? { type: "no_answer" }
        : { type: "answered", answer, by: isAgent ? "final_answer" : "response" },
    // The reference counts a run that failed as right: such a score is not taken over.
    ...(!failed && log.score !== null && log.score !== undefined && { grade: { grader: "reference", correct: Number(log.score) === 1, score: Number(log.score) === 1 ? 1 : 0 } }),
    usage: noUsage,
    startedAt: new Date(0).toISOString(),
    ms: 0,
    environment: emptyEnvironment(),
    origin: { format: "reference", file },
  };
}

interface ReferenceMessage {
  readonly role: string;
  readonly content: string;
}

function openingLength(messages: readonly ReferenceMessage[]): number {
  const first = messages.findIndex(({ role }) => role === "assistant");
  return first < 0 ? messages.length : first;
}

/** `assistant`, then `tool-call` (the code again), then one or two `tool-response`. */
function agentSteps(messages: readonly ReferenceMessage[], answer: string | undefined): Trajectory["steps"] {
  const turns: { text: string; observation?: string }[] = [];
  for (const { role, content } of messages) {
    const last = turns.at(-1);
    if (role === "assistant") turns.push({ text: content });
    else if (last && role === "tool-response") {
      const said = content.replace(/^Call id: .*\n/, "");
      last.observation = last.observation === undefined ? said : `${last.observation}\n${said}`;
    }
  }
  return turns.map(({ text, observation }, index) => {
    const code = observation?.includes("Error in code parsing:") ? undefined : codeIn(text);
    const isLast = index === turns.length - 1 && code?.includes("final_answer") === true && answer !== undefined;
    return importedStep({ text, code, observation: isLast ? undefined : observation, ...(isLast && { finalAnswer: answer }) }, index);
  });
}

function responseSteps(response: string | null | undefined, answer: string | undefined): Trajectory["steps"] {
  if (response === null || response === undefined) return [];
  return [
    {
      kind: "response",
      index: 0,
      responses: [{ index: 0, text: response, finish: "end", usage: noUsage, ms: 0, ...(answer !== undefined && { answer }) }],
      vote: { winner: 0, reason: "only" },
      usage: noUsage,
      ms: 0,
    },
  ];
}

/** A trajectory as a line of the reference's logs, which its scoring, filtering and training scripts read. */
export function exportReference(trajectory: Trajectory): object {
  const { question, outcome, grade, steps, messages, model, usage } = trajectory;
  const part = (role: string, content: string) => ({ role, content: [{ type: "text", text: content }] });
  const shared = {
    model_id: model,
    question: question.text,
    true_answer: question.answer ?? null,
    generated_answer: outcome.type === "answered" ? outcome.answer : null,
    ...(grade && { score: grade.correct }),
    ...(outcome.type === "error" && { error: outcome.message }),
  };
  const response = steps.find((step) => step.kind === "response");
  if (response) {
    return { ...shared, answer: question.answer ?? null, response: response.responses[response.vote.winner]?.text ?? "", messages, input_tokens: usage.inputTokens, output_tokens: usage.outputTokens, cost: usage.cost ?? 0 };
  }
  const turns = steps.flatMap((step, index) => {
    if (step.kind === "response") return [];
    if (step.kind === "forced_answer") return [part("user", step.request), part("assistant", step.text)];
    const winner = step.candidates[step.vote.winner];
    const call = winner?.action.ok ? [part("tool-call", `Calling tools:\n${JSON.stringify([{ id: `call_${index + 2}`, type: "function", function: { name: "python_interpreter", arguments: winner.action.code } }])}`)] : [];
    return [part("assistant", winner?.text.trim() ?? ""), ...call, ...(step.observation === undefined ? [] : [part("tool-response", step.observation)])];
  });
  return {
    ...shared,
    log_data: {
      messages: [...messages.map(({ role, content }) => part(role, content)), ...turns],
      original_memory: { system_prompt: { system_prompt: messages[0]?.content ?? "" }, steps: [] },
      metadata: {
        task: question.text,
        model: { name: "apprentice", model_id: model },
        total_steps: steps.length,
        success: outcome.type === "answered",
        final_answer: shared.generated_answer,
        cost: { total_cost: usage.cost ?? 0 },
      },
    },
    cost: usage.cost ?? 0,
  };
}
