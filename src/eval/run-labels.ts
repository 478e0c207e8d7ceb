import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ApprenticeError, messageOf } from "../errors.ts";
import { writeJson } from "../write-json.ts";

export const runLabelsSchema = z.object({
  benchmark: z.string().exactOptional().describe("What the questions are, e.g. gsm_hard."),
  params: z.string().exactOptional().describe("Size of the model, e.g. 0.5B."),
  distilled: z.boolean().exactOptional().describe("Whether the model was trained on a teacher's trajectories."),
  firstThought: z.boolean().exactOptional().describe("Whether those were made with a first-thought prefix."),
  teacher: z.string().exactOptional().describe("Who wrote them, e.g. 32B-Coder."),
  tuning: z.enum(["lora", "full"]).exactOptional(),
  temperature: z.number().exactOptional().describe("Of the sampler."),
});

/** What cannot be read from trajectories: the contents of `run.json` beside a journal. */
export type RunLabels = z.infer<typeof runLabelsSchema>;

const fileName = "run.json";

/** @throws `run_labels_invalid` for a `run.json` that is there and cannot be used. */
export async function readRunLabels(folder: string): Promise<RunLabels> {
  const file = join(folder, fileName);
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return {};
  try {
    return runLabelsSchema.parse(JSON.parse(text));
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const what = issue ? `${issue.path.join(".")}: ${issue.message}` : messageOf(error);
    throw new ApprenticeError("run_labels_invalid", `${file} cannot be used: ${what}`, { cause: error });
  }
}

/** Writes `run.json`, whole or not at all. */
export async function writeRunLabels(folder: string, labels: RunLabels): Promise<void> {
  await writeJson(join(folder, fileName), labels);
}
