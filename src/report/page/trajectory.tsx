import type { Outcome, Trajectory } from "../../trajectory/schema.ts";
import type { Verdict } from "../viewer/summary.ts";
import { Part } from "./candidate.tsx";
import { count, plural } from "./format.ts";
import { StepView } from "./step.tsx";
import { Brief, LongText } from "./text.tsx";
import { Usage } from "./usage.tsx";
import { VerdictSign } from "./verdict.tsx";

/** One trajectory, whole. */
export function TrajectoryView({ trajectory, run, verdict }: { trajectory: Trajectory; run: string; verdict: Verdict }) {
  const { question, outcome, grade, steps, firstThought, messages } = trajectory;
  return (
    <>
      <header class="head">
        <LongText class="question" text={question.text} />
        <div class={`outcome ${verdict}`}>
          <VerdictSign verdict={verdict} />
          <div class="outcome-text">
            <OutcomeText outcome={outcome} />
            {question.answer !== undefined && verdict !== "right" && (
              <p class="reference">
                Reference: <span class="mono"><Brief text={question.answer} /></span>
              </p>
            )}
            {grade && (
              <p class="quiet">
                {grade.correct ? "Right" : "Wrong"} by <Brief text={grade.grader} />
                {grade.score > 0 && grade.score < 1 && `, score ${grade.score.toFixed(2)}`}
                {grade.reason !== undefined && <>: <Brief text={grade.reason} /></>}
              </p>
            )}
          </div>
        </div>
        <p class="facts">
          <span>{plural(steps.length, "step")}</span>
          <Usage usage={trajectory.usage} ms={trajectory.ms} />
          <span>{count(trajectory.usage.inputTokens)} tokens read</span>
        </p>
        <Facts trajectory={trajectory} run={run} />
      </header>
      {firstThought && (
        <section class="prefix">
          <Part name="First-thought prefix">
            <LongText text={firstThought.text} marks={[{ from: 0, to: firstThought.text.length, label: "Put there for the model, not written by it" }]} />
            <p class="facts">
              <span>
                by <Brief text={firstThought.model} />
              </span>
              <span>{firstThought.guided ? "guided by a reference solution" : "not guided"}</span>
              <span>{firstThought.sent === "none" ? "the model could not take it" : `sent: ${firstThought.sent}`}</span>
            </p>
            {firstThought.reasoning !== undefined && (
              <details>
                <summary>The reasoning that it was cut from</summary>
                <LongText text={firstThought.reasoning} />
              </details>
            )}
          </Part>
        </section>
      )}
      {steps.map((step) => (
        <StepView key={step.index} step={step} />
      ))}
      {steps.length === 0 && <p class="empty">It ended before its first step.</p>}
      <details class="prompt">
        <summary>{plural(messages.length, "message")} that the run began with</summary>
        {messages.map(({ role, content }, index) => (
          <Part key={index} name={role}>
            <LongText class="mono" text={content} />
          </Part>
        ))}
      </details>
    </>
  );
}

function OutcomeText({ outcome }: { outcome: Outcome }) {
  switch (outcome.type) {
    case "answered":
      return (
        <>
          <LongText class="answer mono" text={outcome.answer} />
          {outcome.by === "forced" && <p class="quiet">The steps were used up: the answer was forced.</p>}
        </>
      );
    case "no_answer":
      return (
        <>
          <p class="answer">No answer</p>
          {outcome.message !== undefined && <LongText text={outcome.message} />}
        </>
      );
    case "error":
      return (
        <>
          <p class="answer">
            Error: <Brief text={outcome.code} />
          </p>
          <LongText text={outcome.message} />
        </>
      );
    case "aborted":
      return (
        <>
          <p class="answer">Aborted</p>
          <LongText text={outcome.message} />
        </>
      );
  }
}

function Facts({ trajectory, run }: { trajectory: Trajectory; run: string }) {
  const { question, solver, model, seed, attempt, startedAt, environment } = trajectory;
  const facts: [string, string][] = [
    ["Run", run],
    ["Question", question.id],
    ["Model", model],
    ["Solver", `${solver.id} · ${solver.sampler} · prompt ${solver.prompt}`],
    ["Seed", `${seed}${attempt > 0 ? ` · try ${attempt + 1}` : ""}`],
    ["Started", new Date(startedAt).toLocaleString()],
    ["Made with", `apprentice ${environment.apprentice} · Node ${environment.node}`],
    ...Object.entries(question.metadata ?? {}).map(([name, value]): [string, string] => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  ];
  return (
    <dl class="about">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>
            <Brief text={name} />
          </dt>
          <dd>
            <Brief text={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
