import { Presets, SingleBar } from "cli-progress";
import type { BuildProgress } from "../../retrieval/store/build-options.ts";
import { duration } from "./duration.ts";

const LINE_EVERY_MS = 5000;

/** Shows a build on stderr: a bar on a terminal, a line now and then elsewhere. */
export function buildBar(): { onProgress(progress: BuildProgress): void; stop(): void } {
  const bar = process.stderr.isTTY
    ? new SingleBar({ format: "{stage} {bar} {value}/{total} | {left} left", stream: process.stderr, hideCursor: true }, Presets.shades_classic)
    : undefined;
  let stage: BuildProgress["stage"] | undefined;
  let began = 0;
  let printed = 0;
  return {
    onProgress(progress) {
      const { done, total = 0 } = progress;
      const isNew = progress.stage !== stage;
      if (isNew) {
        began = performance.now();
        stage = progress.stage;
      }
      const left = timeLeft(progress, performance.now() - began);
      if (bar) {
        if (isNew) {
          bar.stop();
          bar.start(total, done, { stage, left });
        } else bar.update(done, { left });
      } else if (isNew || performance.now() - printed > LINE_EVERY_MS || done === total) {
        printed = performance.now();
        process.stderr.write(`${stage}: ${done}${total > 0 ? ` of ${total}, ${left} left` : ""}\n`);
      }
    },
    stop: () => bar?.stop(),
  };
}

/** From the pace of this run alone: what an earlier run did took none of its time. */
function timeLeft({ done, resumed, total = 0 }: BuildProgress, elapsedMs: number): string {
  const fresh = done - resumed;
  if (total === 0 || fresh <= 0) return "unknown time";
  return duration(((total - done) * elapsedMs) / fresh / 1000);
}
