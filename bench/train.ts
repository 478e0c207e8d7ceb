/**
 * Tokens a second of the runner against TRL's SFTTrainer: the same model, rows, mask, LoRA, batch and precision, each in a
 * process of its own, in turns; the first step of each is not counted. Tokens are those of the rows. Prints a JSON line.
 *
 *     node bench/train.ts TRAJECTORIES [runs] [steps]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pullModel } from "../src/model/catalogue/index.ts";
import { exportDataset, localBackend, prepareJob, watchJob } from "../src/training/index.ts";
import { runnerFolder } from "../src/training/jobs/folder.ts";
import { trlPython } from "./peer.ts";
import { report } from "./stats.ts";

const [trajectories = "", runs = "2", steps = "4"] = process.argv.slice(2);
const model = "smollm2-135m";
const folder = mkdtempSync(join(tmpdir(), "apprentice-train-bench-"));
const manifest = await exportDataset({ trajectories, out: join(folder, "set"), model, validation: 0, formats: ["trl"] });
const epochs = Number(steps) / Math.ceil(manifest.rows.train / 8);
const python = execFileSync("python3", [join(await runnerFolder(), "environment.py")], { encoding: "utf8" }).trim();
execFileSync(python, [join(import.meta.dirname, "peers/dequantise.py"), await pullModel(model), join(folder, "base")], { stdio: "inherit" });

/** Milliseconds a thousand tokens. */
const ours: number[] = [];
const peer: number[] = [];
for (let run = 0; run < Number(runs); run += 1) {
  const job = await prepareJob({ data: join(folder, "set"), model: join(folder, "base"), out: join(folder, `job-${run}`), hyperparameters: { epochs } });
  for await (const event of watchJob(job, localBackend())) if (event.type === "step" && event.step > 1) ours.push(1e6 / event.tokensPerSecond);
  const printed = trlPython("trl_peer.py", join(folder, "set/trl/train.jsonl"), join(folder, "base"), steps);
  // The trainer prints a line of its own before.
  peer.push(...(JSON.parse(printed.trim().split("\n").at(-1) ?? "") as number[]).slice(1).map((speed) => 1e6 / speed));
}
report(`train ${model}, ms a thousand tokens`, ours, peer);
rmSync(folder, { recursive: true });
