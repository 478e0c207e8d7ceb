import { colours } from "./colours.ts";
import type { RunEvent } from "../../solvers/types.ts";
import type { Outcome, Step } from "../../trajectory/schema.ts";
import { printable } from "./printable.ts";
import { turnPrinter } from "./turn-printer.ts";

/** Shows a run on a terminal, live. */
export function runPrinter(write: (text: string) => void): (event: RunEvent) => void {
  let turn = turnPrinter("```", write);
  let several = false;
  return (event) => {
    switch (event.type) {
      case "run_start":
        write(`${colours.bold(printable(event.question.text))}\n`);
        break;
      case "step_start":
        write(`\n${colours.cyan(stepTitle(event))}\n`);
        turn = turnPrinter("```", write);
        several = false;
        break;
      case "text_delta":
        if (event.candidate > 0 && !several) {
          several = true;
          turn.end();
          write(colours.dim("\n… several candidates are being written\n"));
        }
        if (!several) turn.push(printable(event.text));
        break;
      case "step_end":
        if (several) showWinner(event.step, turn, write);
        turn.end();
        write(`${stepResult(event.step)}${colours.dim(cost(event.step.ms, event.step.usage.outputTokens))}\n`);
        break;
      case "run_end": {
        const { outcome, steps, ms, usage } = event.trajectory;
        write(`\n${outcomeLine(outcome)}\n`);
        write(colours.dim(`${steps.length} ${steps.length === 1 ? "step" : "steps"} · ${cost(ms, usage.outputTokens)}\n`));
        break;
      }
      case "candidate_end":
      case "response_end":
      case "attempt_end":
        break;
    }
  };
}

/** One line that says how a run ended. */
export function outcomeLine(outcome: Outcome): string {
  switch (outcome.type) {
    case "answered": {
      const note = outcome.by === "forced" ? colours.yellow(" (forced: the steps were used up)") : "";
      return `${colours.green(colours.bold(`Answer: ${printable(outcome.answer)}`))}${note}`;
    }
    case "no_answer":
      return colours.yellow(outcome.message === undefined ? "No answer was given." : `No answer: ${printable(outcome.message)}`);
    case "error":
      return colours.red(`Failed (${outcome.code}): ${printable(outcome.message)}`);
    case "aborted":
      return colours.yellow(`Stopped: ${printable(outcome.message)}`);
  }
}

function showWinner(step: Step, turn: ReturnType<typeof turnPrinter>, write: (text: string) => void): void {
  if (step.kind === "forced_answer") return;
  const { vote } = step;
  const candidates = step.kind === "action" ? step.candidates : step.responses;
  const agree = vote.groups?.find(({ members }) => members.includes(vote.winner))?.members.length ?? 0;
  const stopped = candidates.filter(({ finish }) => finish === "cancelled").length;
  const reason = { only: "", majority: `, ${agree} agree`, scored: ", by score", all_failed: ", all failed" }[vote.reason];
  write(colours.dim(`candidate ${vote.winner + 1} of ${candidates.length}${reason}${stopped > 0 ? `, ${stopped} stopped early` : ""}\n`));
  turn.push(printable(candidates[vote.winner]?.text ?? ""));
}

function stepTitle({ step, kind }: Extract<RunEvent, { type: "step_start" }>): string {
  switch (kind) {
    case "action":
      return `── step ${step + 1} ──`;
    case "forced_answer":
      return "── no steps left: asked for an answer ──";
    case "response":
      return "── answer ──";
  }
}

function stepResult(step: Step): string {
  if (step.kind !== "action" || step.observation === undefined) return "";
  const failed = step.candidates[step.vote.winner]?.attempt?.error !== undefined || step.refused !== undefined || step.observation.startsWith("Error:");
  const paint = failed ? colours.red : colours.gray;
  return `${printable(step.observation)
    .trimEnd()
    .split("\n")
    .map((line) => paint(`│ ${line}`))
    .join("\n")}\n`;
}

function cost(ms: number, tokens: number): string {
  return `${(ms / 1000).toFixed(1)} s · ${tokens} tokens`;
}
