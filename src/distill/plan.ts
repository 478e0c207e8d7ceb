import { resolve } from "node:path";
import { evaluateStage } from "./stages/evaluate.ts";
import { collectStage } from "./stages/collect.ts";
import { datasetStage } from "./stages/dataset.ts";
import { reportStage } from "./stages/report.ts";
import { trainStage } from "./stages/train.ts";
import { commonDialect } from "./dialects.ts";
import type { Experiment, StudentSpec } from "./experiment.ts";
import type { ExperimentFile } from "./read.ts";
import { nameQuestions, type NamedQuestions } from "./files.ts";
import type { Place, Stage } from "./stage.ts";

/**
 * The stages of an experiment in the order in which they run: each after those that it needs.
 *
 * @throws `dialects_differ`; `config_invalid`.
 */
export async function planExperiment({ experiment, folder }: ExperimentFile, out: string): Promise<Stage[]> {
  const { estimates } = experiment;
  const place: Place = { folder, out, ...(experiment.archive !== undefined && { archive: resolve(folder, experiment.archive) }) };
  const questions = new Map<string, NamedQuestions>();
  for (const [name, spec] of Object.entries(experiment.questions)) questions.set(name, await nameQuestions(name, spec, folder));

  const collections = new Map<string, Stage>();
  for (const [name, spec] of Object.entries(experiment.collections)) collections.set(name, await collectStage(name, spec, { questions: known(questions, spec.questions), place, estimates }));

  const datasets = new Map<string, Stage>();
  const students = new Map<string, Stage>();
  for (const [name, spec] of Object.entries(experiment.students)) {
    const from = [spec.from].flat();
    const configs = agentConfigs(experiment, spec);
    const dialect = await commonDialect(configs, folder, `students.${name}`);
    const dataset = datasetStage(name, spec, { collections: from.map((each) => known(collections, each)), configs: configs.flatMap((each) => each ?? []), dialect, testSets: spec.filter.testSets.map((each) => known(questions, each)), place });
    const rows = from.reduce((sum, each) => sum + known(questions, experiment.collections[each]?.questions ?? "").count, 0);
    datasets.set(name, dataset);
    students.set(name, trainStage(name, spec, { dataset, rows, place, estimates }));
  }

  const evaluations: Stage[] = [];
  for (const [name, spec] of Object.entries(experiment.evaluations)) {
    const student = spec.student === undefined ? undefined : experiment.students[spec.student];
    const trained = spec.student === undefined ? undefined : known(students, spec.student);
    if (student && spec.solver === "agent") await commonDialect([...agentConfigs(experiment, student), spec.config], folder, `evaluations.${name}`);
    const firstThought = [student?.from ?? []].flat().some((each) => Boolean(experiment.collections[each]?.firstThought));
    for (const each of [spec.questions].flat()) {
      evaluations.push(await evaluateStage(name, spec, { questions: known(questions, each), ...(student && trained && { student: { spec: student, trained, firstThought } }), place, estimates }));
    }
  }
  const report = evaluations.length > 0 ? [reportStage({ experiment, evaluations, place })] : [];
  return [...collections.values(), ...datasets.values(), ...students.values(), ...evaluations, ...report];
}

/** Files of settings of the agents that a student learns from. */
function agentConfigs({ collections }: Experiment, { from }: StudentSpec): (string | undefined)[] {
  return [from].flat().flatMap((each) => collections[each] ?? []).flatMap(({ solver, config }) => (solver === "agent" ? [config] : []));
}

function known<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name);
  // readExperiment has looked at every name.
  if (value === undefined) throw new RangeError(`"${name}" is not in the experiment.`);
  return value;
}
