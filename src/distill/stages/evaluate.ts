import { defaultConcurrency } from "../../collect/setup/collect-with.ts";
import { loadGrader } from "../../collect/setup/grader.ts";
import { evaluate } from "../../eval/evaluate.ts";
import type { RunLabels } from "../../eval/run-labels.ts";
import { byBenchmark, judgeGrader } from "../../grading/index.ts";
import { sequencesFor, unserved } from "../../model/open.ts";
import { findAdapter } from "../../training/adapters/folder.ts";
import { writing } from "../estimate.ts";
import { type Estimates, type Evaluation, evaluationName, type StudentSpec } from "../experiment.ts";
import type { NamedQuestions } from "../files.ts";
import { keptRuns } from "../redact.ts";
import { graderPath, modelPath, solverInputs, solverSetup } from "../solver-setup.ts";
import { type Place, type Stage, stage } from "../stage.ts";
import { allRuns } from "./all-runs.ts";
import { adapterOf } from "./train.ts";

interface Student {
  readonly spec: StudentSpec;
  readonly trained: Stage;
  /** Whether its trajectories were made with first thoughts. */
  readonly firstThought: boolean;
}

/** One evaluation on one set of questions. */
export async function evaluateStage(
  name: string,
  spec: Evaluation,
  { questions, student, place, estimates }: { readonly questions: NamedQuestions; readonly student?: Student; readonly place: Place; readonly estimates: Estimates },
): Promise<Stage> {
  const { seed = 0, seeds, concurrency, judge, samples = 1 } = spec;
  // Labels change what the report says of the runs, not the runs: they are among its inputs.
  const { labels, ...solved } = spec;
  const { inputs, missing = questions.missing } = await solverInputs(solved, place.folder);
  const prompt = spec.prompt ?? (student && spec.solver === "agent" ? ("student" as const) : undefined);
  return stage({
    kind: "evaluate",
    name: evaluationName(name, questions.name),
    evaluation: name,
    place,
    keeps: [{ file: "run.json" }, ...keptRuns(questions)],
    needs: student ? [student.trained] : [],
    inputs: { ...inputs, ...(judge !== undefined && { judge: unserved(judge) }), questions: questions.inputs, ...(student && { model: unserved(spec.model ?? student.spec.model) }) },
    estimate: writing(questions.count * seeds * (samples + (spec.firstThought ? 1 : 0)), estimates),
    ...(missing && { missing }),
    run: async (stageFolder, context) => {
      const judging = judge === undefined ? undefined : await context.openModel(modelPath(judge, place.folder), { sequences: sequencesFor(concurrency ?? defaultConcurrency), signal: context.signal });
      try {
        const setup = {
          set: await questions.load(),
          out: stageFolder,
          solver: {
            ...solverSetup(spec, spec.model ?? student?.spec.model ?? "", place.folder),
            ...(prompt && { prompt }),
            // A server that is named lays the adapter over the model itself.
            ...(student && spec.model === undefined && { adapter: [await findAdapter(adapterOf(student.trained.folder))] }),
          },
          grader: spec.grader === "auto" ? byBenchmark(judging && judgeGrader({ model: judging })) : await loadGrader(graderPath(spec.grader, place.folder)),
          seed,
          seeds,
          labels: { ...labelsOf(student), ...labels },
          settings: "any" as const,
          ...(concurrency !== undefined && { concurrency }),
        };
        return await allRuns((hooks) => evaluate({ ...setup, ...hooks }), context);
      } finally {
        await judging?.dispose?.();
      }
    },
  });
}

function labelsOf(student: Student | undefined): RunLabels {
  if (!student) return {};
  return { distilled: true, firstThought: student.firstThought, tuning: student.spec.training.method ?? "lora" };
}
