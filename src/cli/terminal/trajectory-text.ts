import type { Step, Trajectory } from "../../trajectory/schema.ts";
import { colours } from "./colours.ts";
import { printable } from "./printable.ts";
import { outcomeLine } from "./run-printer.ts";

/** A trajectory on one line. */
export function trajectoryLine({ id, question, attempt, outcome, grade, steps, usage }: Trajectory): string {
  const mark = grade ? (grade.correct ? colours.green("right") : colours.red("wrong")) : colours.dim("  -  ");
  const answer = outcome.type === "answered" ? outcome.answer : outcome.type;
  const columns = [id, mark, `${question.id}/${attempt}`.padEnd(10), `${steps.length} ${steps.length === 1 ? "step" : "steps"}`.padEnd(8), `${usage.outputTokens} tokens`.padEnd(12)];
  return `${columns.join("  ")}  ${oneLine(answer, 24).padEnd(24)}  ${colours.dim(oneLine(question.text, 60))}`;
}

/** A trajectory as it ran: what was sent, each turn and what came back, the answer and its grade. */
export function showTrajectory(trajectory: Trajectory): string {
  const { id, question, solver, model, seed, attempt, firstThought, steps, outcome, grade, usage, ms } = trajectory;
  const lines = [
    colours.dim(`${id} · ${solver.id}, ${solver.sampler}, prompt ${solver.prompt} · ${model} · seed ${seed}, attempt ${attempt}`),
    colours.bold(printable(question.text)),
    ...(firstThought ? [colours.magenta(`first thought by ${printable(firstThought.model)}, sent: ${firstThought.sent}${firstThought.guided ? ", guided" : ""}`)] : []),
    ...steps.flatMap(showStep),
    "",
    outcomeLine(outcome),
    ...(question.answer === undefined ? [] : [`Reference answer: ${printable(question.answer)}`]),
    ...(grade ? [`${grade.correct ? colours.green("right") : colours.red("wrong")} (${grade.grader})${grade.reason === undefined ? "" : `: ${printable(grade.reason)}`}`] : []),
    colours.dim(`${usage.inputTokens} tokens read, ${usage.outputTokens} written, ${(ms / 1000).toFixed(1)} s`),
  ];
  return `${lines.join("\n")}\n`;
}

function showStep(step: Step): string[] {
  const title = colours.cyan(`\n── step ${step.index + 1} ──`);
  if (step.kind === "forced_answer") return [title, colours.dim(printable(step.request)), printable(step.text)];
  const all = step.kind === "action" ? step.candidates : step.responses;
  const winner = all[step.vote.winner];
  const others = all.length > 1 ? [colours.dim(`${all.length} candidates, ${step.vote.reason}`)] : [];
  const given = winner?.given?.map(({ text, source }) => colours.magenta(`given (${source}): ${JSON.stringify(text)}`)) ?? [];
  const observation = step.kind === "action" && step.observation !== undefined ? [colours.gray(printable(step.observation).replaceAll(/^/gm, "│ "))] : [];
  return [title, ...others, ...given, printable(winner?.text ?? ""), ...observation];
}

function oneLine(text: string, length: number): string {
  const line = printable(text).replaceAll(/\s+/g, " ");
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
