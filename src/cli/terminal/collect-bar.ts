import { Presets, SingleBar } from "cli-progress";
import type { Progress } from "../../collect/collect.ts";
import { duration } from "./duration.ts";

const LINE_MS = 10_000;

/** Shows a collection on stderr: a bar on a terminal, a line now and then elsewhere. */
export function collectBar(): { update(progress: Progress): void; stop(): void } {
  return process.stderr.isTTY ? terminalBar() : plainLines();
}

function terminalBar(): ReturnType<typeof collectBar> {
  const format = "{bar} {value}/{total} | {runs} runs | {right} right | {rate}/min | {tokens} tokens{cost} | {left} left{errors}";
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true }, Presets.shades_classic);
  let first: Progress | undefined;
  return {
    update(progress) {
      if (first) bar.update(progress.finished, figures(progress, first));
      else bar.start(progress.questions, progress.finished, figures(progress, progress));
      first ??= progress;
    },
    stop: () => bar.stop(),
  };
}

function plainLines(): ReturnType<typeof collectBar> {
  let first: Progress | undefined;
  let last: Progress | undefined;
  let printed: Progress | undefined;
  const print = (progress: Progress) => {
    if (progress === printed) return;
    printed = progress;
    const { runs, right, rate, tokens, cost, left, errors } = figures(progress, first ?? progress);
    process.stderr.write(`${progress.finished} of ${progress.questions} questions, ${runs} runs, ${right} right, ${rate} a minute, ${tokens} tokens${cost}, ${left} left${errors}\n`);
  };
  return {
    update(progress) {
      first ??= progress;
      last = progress;
      if (!printed || progress.ms - printed.ms >= LINE_MS) print(progress);
    },
    stop: () => last && print(last),
  };
}

function figures(progress: Progress, first: Progress) {
  const perMs = progress.ms > 0 ? (progress.finished - first.finished) / progress.ms : 0;
  return {
    // A question of several tries takes its time: runs show that something goes on.
    runs: progress.runs,
    right: progress.right,
    rate: perMs > 0 ? (perMs * 60_000).toFixed(1) : "?",
    tokens: progress.spent.tokens,
    cost: progress.spent.dollars > 0 ? `, $${progress.spent.dollars.toFixed(2)}` : "",
    left: perMs > 0 ? duration((progress.questions - progress.finished) / perMs / 1000) : "?",
    errors: progress.errors > 0 ? `, ${progress.errors} errors` : "",
  };
}
