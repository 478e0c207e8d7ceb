import { collectWith } from "../../collect/setup/collect-with.ts";
import { loadGrader } from "../../collect/setup/grader.ts";
import { writing } from "../estimate.ts";
import type { Collection, Estimates } from "../experiment.ts";
import type { NamedQuestions } from "../files.ts";
import { apart } from "../redact.ts";
import { solverInputs, solverSetup } from "../solver-setup.ts";
import { type Place, type Stage, stage } from "../stage.ts";
import { allRuns } from "./all-runs.ts";

/** The teacher's trajectories. */
export async function collectStage(name: string, spec: Collection, { questions, place, estimates }: { readonly questions: NamedQuestions; readonly place: Place; readonly estimates: Estimates }): Promise<Stage> {
  const { attempts, until, retryTemperature: temperature, retryTopP: topP, seed = 0, concurrency, grader } = spec;
  const tries = Math.max(1, estimates.attemptsPerQuestion ?? (until === "all" ? attempts : attempts / 2));
  return stage({
    kind: "collect",
    name,
    place,
    keeps: [
      { file: "trajectories.json" },
      { file: "trajectories.jsonl", records: apart(questions) },
      { file: "first-thoughts/trajectories.jsonl", records: apart(questions, ({ text }) => text) },
    ],
    needs: [],
    inputs: { ...(await solverInputs(spec, place.folder)), questions: questions.inputs },
    estimate: writing(questions.count * tries, spec.samples ?? 1, estimates),
    ...(questions.missing !== undefined && { missing: questions.missing }),
    run: async (out, context) => {
      const setup = {
        questions: (await questions.load()).questions,
        out,
        solver: solverSetup(spec, spec.model, place.folder),
        grader: await loadGrader(grader),
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
