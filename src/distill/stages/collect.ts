import { collectWith } from "../../collect/setup/collect-with.ts";
import { loadGrader } from "../../collect/setup/grader.ts";
import { writing } from "../estimate.ts";
import type { Collection, Estimates } from "../experiment.ts";
import type { NamedQuestions } from "../files.ts";
import { keptRuns } from "../redact.ts";
import { graderPath, solverInputs, solverSetup } from "../solver-setup.ts";
import { type Place, type Stage, stage } from "../stage.ts";
import { allRuns } from "./all-runs.ts";

/** The teacher's trajectories. */
export async function collectStage(name: string, spec: Collection, { questions, place, estimates }: { readonly questions: NamedQuestions; readonly place: Place; readonly estimates: Estimates }): Promise<Stage> {
  const { attempts, until, retryTemperature: temperature, retryTopP: topP, seed = 0, concurrency, grader, samples = 1 } = spec;
  const { inputs, missing = questions.missing } = await solverInputs(spec, place.folder);
  const tries = Math.max(1, Math.min(attempts, estimates.attemptsPerQuestion ?? (until === "all" ? attempts : attempts / 2)));
  return stage({
    kind: "collect",
    name,
    place,
    keeps: keptRuns(questions),
    needs: [],
    inputs: { ...inputs, questions: questions.inputs },
    estimate: writing(questions.count * (tries * samples + (spec.firstThought ? 1 : 0)), estimates),
    ...(missing && { missing }),
    run: async (out, context) => {
      const setup = {
        questions: (await questions.load()).questions,
        out,
        solver: solverSetup(spec, spec.model, place.folder),
        grader: await loadGrader(graderPath(grader, place.folder)),
        settings: "any" as const,
        attempts,
        until,
        seed,
        ...(attempts > 1 && { retry: { temperature, topP } }),
        ...(concurrency !== undefined && { concurrency }),
      };
      return allRuns((hooks) => collectWith({ ...setup, ...hooks }), context);
    },
  });
}
