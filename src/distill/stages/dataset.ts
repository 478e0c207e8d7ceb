import { join, resolve } from "node:path";
import type { Dialect } from "../../agent/dialect.ts";
import { readConfig } from "../../collect/setup/agent-config.ts";
import { exportDataset } from "../../training/export/export.ts";
import { readTrajectories } from "../../trajectory/read.ts";
import type { Trajectory } from "../../trajectory/schema.ts";
import { keepTrainingData, trainingFilters } from "../../trajectory/training-data.ts";
import { nothing } from "../estimate.ts";
import type { StudentSpec } from "../experiment.ts";
import type { NamedQuestions } from "../files.ts";
import { modelPath } from "../solver-setup.ts";
import { type Place, type Stage, stage } from "../stage.ts";

interface DatasetNeeds {
  readonly collections: readonly Stage[];
  /** Files of agents' settings that the collections were made with: runs are told by the prompts in them. */
  readonly configs: readonly string[];
  readonly dialect: Dialect;
  readonly testSets: readonly NamedQuestions[];
  readonly place: Place;
}

/** What a student learns from: trajectories that are kept, and the rows made of them. */
export function datasetStage(name: string, spec: StudentSpec, { collections, configs, dialect, testSets, place }: DatasetNeeds): Stage {
  const { filter, tokenizer = spec.model } = spec;
  const missing = testSets.find((each) => each.missing)?.missing;
  return stage({
    kind: "dataset",
    name,
    place,
    keeps: [],
    needs: collections,
    // Of several trajectories of a question the first is kept, so that their order counts.
    inputs: { filter, export: spec.export, tokenizer, testSets: testSets.map(({ inputs }) => inputs), ...(collections.length > 1 && { order: collections.map((each) => each.name) }) },
    estimate: nothing,
    ...(missing && { missing }),
    run: async (stageFolder, { signal }) => {
      const sets = await Promise.all(testSets.map(async ({ name: set, load }) => ({ name: set, questions: (await load()).questions.map(({ text }) => text) })));
      const trajectories = join(stageFolder, "kept.jsonl");
      const { kept, rejected } = await keepTrainingData(collected(collections), trainingFilters({ ...filter, testSets: sets }), {
        out: trajectories,
        rejected: join(stageFolder, "rejected.jsonl"),
        signal,
      });
      const teachers = await Promise.all(configs.map((config) => readConfig(resolve(place.folder, config))));
      const { rows, tokens, skipped } = await exportDataset({
        ...spec.export,
        trajectories,
        out: join(stageFolder, "rows"),
        model: modelPath(tokenizer, place.folder),
        teacherPrompts: teachers.flatMap(({ prompt }) => prompt ?? []),
        dialect,
        signal,
      });
      return { kept, rejected, rows, skipped, tokens: { all: tokens.all, trained: tokens.trained } };
    },
  });
}

async function* collected(collections: readonly Stage[]): AsyncGenerator<Trajectory> {
  for (const { folder } of collections) yield* readTrajectories(join(folder, "trajectories.jsonl"));
}
