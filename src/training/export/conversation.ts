import { codeAct, type Dialect } from "../../agent/dialect.ts";
import { finishTurn } from "../../agent/parse.ts";
import { type Prompt, studentPrompt, teacherPrompt } from "../../agent/prompt.ts";
import { ApprenticeError } from "../../errors.ts";
import type { Message } from "../../model/types.ts";
import { withoutGuidance } from "../../solvers/cot-prompt.ts";
import type { ActionStep, Trajectory } from "../../trajectory/schema.ts";

/** A message of a training conversation. */
export interface Turn extends Message {
  /** Whether the student learns to write it: true only for what the student would write itself. */
  readonly train: boolean;
  /** The trajectory's step that wrote it. */
  readonly step?: number;
}

export interface ConversationOptions {
  /** The words that the student is trained with. Default: `studentPrompt`; `recorded`: those of the run. */
  readonly prompt?: Prompt | "recorded";
  /** Prompts that runs were made with, besides `teacherPrompt` and `studentPrompt`, to find the list of tools in. Default: none. */
  readonly teacherPrompts?: readonly Prompt[];
  /** Default: `codeAct`. */
  readonly dialect?: Dialect;
  /** Leave steps out of the loss whose code failed, had no code, or whose answer was refused. Default: false, as in the paper. */
  readonly maskFailed?: boolean;
  /** What becomes of turns without code: the trajectory is dropped (default), the turn and its error message are cut, or kept. */
  readonly parseErrors?: "drop" | "cut" | "keep";
}

export type SourceKind = "agent" | "cot" | "rag";

/** A run as the student would have had it: its own prompt, the winning turns, what was observed. */
export interface Conversation {
  readonly kind: SourceKind;
  readonly turns: readonly Turn[];
  readonly dialect: Dialect;
}

export function kindOf(trajectory: Trajectory): SourceKind {
  const response = trajectory.steps.find((step) => step.kind === "response");
  if (!response) return "agent";
  return response.retrieved ? "rag" : "cot";
}

/**
 * The conversation whose assistant turns are trained: thoughts and actions of Eq. 4, or the rationale of Eq. 2.
 * Text that was given to the teacher, such as a first-thought prefix, is part of its turn and trained with it.
 *
 * @throws `prompt_unknown` when the run's tools cannot be told because its prompt is not among those known.
 */
export function toConversation(trajectory: Trajectory, options: ConversationOptions = {}): Conversation {
  const kind = kindOf(trajectory);
  const { dialect = codeAct } = options;
  if (kind !== "agent") return { kind, dialect, turns: [...withoutGuidance(trajectory.messages, trajectory.question).map(context), ...responseTurns(trajectory)] };
  const turns = opening(trajectory, options).map(context);
  for (const step of trajectory.steps) {
    if (step.kind === "action") turns.push(...actionTurns(step, options));
    else if (step.kind === "forced_answer") {
      askOnceMore(turns, step.request);
      turns.push({ role: "assistant", content: step.text.trim(), train: true, step: step.index });
    }
  }
  return { kind, dialect, turns };
}

/** Whether a step's turn holds no code that could be read. */
export function isCodeless(step: ActionStep): boolean {
  return step.candidates[step.vote.winner]?.action.ok !== true;
}

function actionTurns(step: ActionStep, { dialect = codeAct, maskFailed = false, parseErrors = "drop" }: ConversationOptions): Turn[] {
  const winner = step.candidates[step.vote.winner];
  if (!winner || (parseErrors === "cut" && isCodeless(step))) return [];
  const failed = isCodeless(step) || winner.attempt?.error !== undefined || step.refused !== undefined;
  const turn: Turn = { role: "assistant", content: finishTurn(winner.text, dialect), train: !(maskFailed && failed), step: step.index };
  return step.observation === undefined ? [turn] : [turn, context({ role: "user", content: step.observation })];
}

function responseTurns(trajectory: Trajectory): Turn[] {
  return trajectory.steps.flatMap((step) => {
    const winner = step.kind === "response" ? step.responses[step.vote.winner] : undefined;
    return winner ? [{ role: "assistant", content: winner.text.trim(), train: true, step: step.index } as const] : [];
  });
}

/** Two user messages in a row are refused by many templates: the agent joins the request to the last observation. */
function askOnceMore(turns: Turn[], request: string): void {
  const last = turns.at(-1);
  if (last?.role === "user") turns[turns.length - 1] = { ...last, content: `${last.content}\n\n${request}` };
  else turns.push(context({ role: "user", content: request }));
}

/** What the run began with, in the student's words. */
function opening(trajectory: Trajectory, { prompt = studentPrompt, teacherPrompts = [] }: ConversationOptions): readonly Message[] {
  if (prompt === "recorded" || trajectory.solver.prompt === prompt.id) return trajectory.messages;
  const known = [...teacherPrompts, teacherPrompt, studentPrompt].filter(({ id }) => id === trajectory.solver.prompt);
  const system = trajectory.messages[0]?.content ?? "";
  const tools = known.map((teacher) => toolsIn(system, teacher)).find((found) => found !== undefined);
  if (tools === undefined) {
    throw new ApprenticeError(
      "prompt_unknown",
      `Trajectory ${trajectory.id} was run with the prompt "${trajectory.solver.prompt}", which is not known here: give it with --config, or keep it with --prompt recorded.`,
    );
  }
  return [
    { role: "system", content: prompt.system.replace("{{tools}}", () => tools) },
    ...prompt.examples,
    { role: "user", content: prompt.task.replace("{{question}}", () => trajectory.question.text) },
  ];
}

function toolsIn(system: string, teacher: Prompt): string | undefined {
  const [before = "", after = ""] = teacher.system.split("{{tools}}");
  return system.startsWith(before) && system.endsWith(after) ? system.slice(before.length, system.length - after.length) : undefined;
}

function context(message: Message): Turn {
  return { role: message.role, content: message.content, train: false };
}
