import { Presets, SingleBar } from "cli-progress";
import type { TrainingEvent } from "../../training/jobs/events.ts";
import { duration } from "./duration.ts";

/** Shows a training run on stderr: a bar on a terminal, a line a step elsewhere. */
export function trainingPrinter(): { show(event: TrainingEvent): void; stop(): void } {
  const bar = process.stderr.isTTY
    ? new SingleBar({ format: "{bar} {value}/{total} | loss {loss} | {speed} tokens/s | {left} left", stream: process.stderr, hideCursor: true }, Presets.shades_classic)
    : undefined;
  const line = (text: string) => process.stderr.write(bar ? `\r\u001b[K${text}\n` : `${text}\n`);
  return {
    show(event) {
      switch (event.type) {
        case "start":
          line(`${event.rows} rows, ${event.lossTokens} of ${event.tokens} tokens in the loss, ${(event.trainedParameters / 1e6).toFixed(1)} M parameters, on ${event.device}${event.dtype === undefined ? "" : ` in ${event.dtype}`}${event.step > 0 ? `; from step ${event.step}` : ""}`);
          bar?.start(event.steps, event.step, { loss: "–", speed: "–", left: "–" });
          break;
        case "step": {
          const shown = { loss: event.loss.toFixed(4), speed: event.tokensPerSecond.toFixed(0), left: duration(event.secondsLeft) };
          if (bar) bar.update(event.step, shown);
          else line(`step ${event.step}/${event.steps}: loss ${shown.loss}, ${shown.speed} tokens/s, ${(event.memoryBytes / 2 ** 30).toFixed(1)} GiB, ${shown.left} left`);
          break;
        }
        case "eval":
          line(`held-out loss ${event.loss.toFixed(4)} after step ${event.step}`);
          break;
        case "preempted":
        case "warning":
          line(event.message);
          break;
        case "checkpoint":
        case "artifact":
        case "error":
        case "end":
          break;
      }
    },
    stop: () => bar?.stop(),
  };
}
