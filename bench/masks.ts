/**
 * Loads exported sets with the trainers' own data code, by the exported configuration, and holds tokens and masks against
 * the package's, token by token: SFT in rows of a run and in rows of a step, preferences, step rewards. Prints JSON lines.
 *
 *     node bench/masks.ts TRAJECTORIES [model]
 *
 * The steps get candidates that lost a vote, and some questions a rationale, so that every preset has rows.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pullModel } from "../src/model/catalogue/index.ts";
import type { Message } from "../src/model/types.ts";
import { exportDataset, openStudent, type TrainingExample } from "../src/training/index.ts";
import { readTrajectories, type Trajectory } from "../src/trajectory/index.ts";
import { checkOpenAiRow } from "../test/support/openai-rows.ts";
import { asRationale, withVotes } from "../test/support/scripted-runs.ts";
import { axolotlPython, llamafactoryPython, trlPython } from "./peer.ts";

const [recorded = "", model = "smollm2-135m"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "apprentice-masks-"));
const baseModel = join(folder, "model");
const trajectories = join(folder, "trajectories.jsonl");
const lines = <Row>(path: string) => readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line) as Row);
const writeLines = (path: string, rows: readonly object[]) => writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

const runs: Trajectory[] = [];
for await (const run of readTrajectories(recorded)) if (run.grade?.correct && run.steps[0]?.kind === "action") runs.push(run);
writeLines(trajectories, [...runs.map(withVotes), ...runs.slice(0, 4).map(asRationale)]);
trlPython("small_model.py", await pullModel(model), baseModel);

const options = { trajectories, model, baseModel, hyperparameters: { warmup: 0.1 } };
const sets = ["runs", "steps"].map((name) => join(folder, name));
for (const [index, unit] of (["trajectory", "step"] as const).entries()) {
  const out = sets[index] ?? folder;
  await exportDataset({ ...options, out, unit, maskFailed: unit === "step", validation: 0.2, formats: ["trl", "axolotl", "llamafactory", "openai"] });
  const problems = lines<object>(join(out, "openai/train.jsonl")).flatMap(checkOpenAiRow);
  console.log(JSON.stringify({ trainer: "openai", set: unit, rows: lines(join(out, "openai/train.jsonl")).length, problems }));
}
const preferences = join(folder, "preferences");
await exportDataset({ ...options, out: preferences, validation: 0, formats: ["dpo", "kto", "prm"] });
await writeExpected(preferences);

show(trlPython("trl_masks.py", ...sets));
show(llamafactoryPython("llamafactory_masks.py", ...sets));
show(axolotlPython("axolotl_masks.py", ...sets));
show(trlPython("trl_preferences.py", preferences));
show(axolotlPython("prm_rewards.py", preferences));
rmSync(folder, { recursive: true });

/** A peer's results, without what its trainer logs beside them. */
function show(printed: string): void {
  for (const line of printed.split("\n")) if (line.startsWith('{"trainer"')) console.log(line);
}

/** The student's own tokens of what the preference formats say, in files for the peers. */
async function writeExpected(set: string): Promise<void> {
  const student = await openStudent(model);
  const tokens = (prompt: readonly Message[], ...completions: (readonly Message[])[]) => {
    const asked = student.render(prompt);
    return [asked, ...completions.map((completion) => student.render([...prompt, ...completion]).slice(asked.length))].map((text) => student.encode([text])[0]);
  };
  const pairs = lines<{ prompt: Message[]; chosen: Message[]; rejected: Message[] }>(join(set, "dpo/train.jsonl"));
  writeLines(join(set, "dpo-expected.jsonl"), pairs.map(({ prompt, chosen, rejected }) => tokens(prompt, chosen, rejected)));
  const labelled = lines<{ prompt: Message[]; completion: Message[] }>(join(set, "kto/train.jsonl"));
  writeLines(join(set, "kto-expected.jsonl"), labelled.map(({ prompt, completion }) => tokens(prompt, completion)));

  // A row of the winners says what the run's own row says, but for an answer that was forced at the end.
  const texts = lines<TrainingExample>(join(set, "train.jsonl")).map(({ segments }) => segments.map(({ text }) => text).join(""));
  const rewarded = lines<{ prompt: string; completions: string[] }>(join(set, "prm/train.jsonl")).map(({ prompt, completions }) => prompt + completions.join(""));
  const opening = texts[0]?.startsWith(rewarded[0]?.slice(0, 20) ?? "") ? "" : student.bos;
  const missing = texts.filter((text) => text.includes("<end_code>") && !rewarded.some((row) => text.startsWith(opening + row)));
  if (missing.length > 0) throw new Error(`${missing.length} runs are not among the rewarded texts.`);
  writeLines(join(set, "prm-expected.jsonl"), rewarded.map((text) => student.encode([opening + text])[0] ?? []));
  await student.dispose();
}
