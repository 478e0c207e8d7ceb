import { Presets, SingleBar } from "cli-progress";

const MIB = 1024 * 1024;

/** Shows a download on stderr: a bar on a terminal, a line now and then elsewhere. */
export function downloadBar(name: string): { onProgress(progress: { bytes: number; total?: number | undefined }): void; stop(): void } {
  if (process.stderr.isTTY) {
    const bar = new SingleBar(
      { format: `${name} {bar} {percentage}% | {value}/{total} MiB | {eta_formatted} left`, stream: process.stderr, hideCursor: true },
      Presets.shades_classic,
    );
    let started = false;
    return {
      onProgress({ bytes, total = 0 }) {
        const [value, whole] = [Math.floor(bytes / MIB), Math.ceil(total / MIB)];
        if (started) bar.update(value);
        else bar.start(whole, value);
        started = true;
      },
      stop: () => bar.stop(),
    };
  }
  let printed = -1;
  return {
    onProgress({ bytes, total = 0 }) {
      const tenth = total > 0 ? Math.floor((bytes / total) * 10) : 0;
      if (tenth === printed) return;
      printed = tenth;
      process.stderr.write(`${name}: ${Math.floor(bytes / MIB)} of ${Math.ceil(total / MIB)} MiB\n`);
    },
    stop: () => undefined,
  };
}
