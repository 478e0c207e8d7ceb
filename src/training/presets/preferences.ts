import { stringify } from "yaml";
import type { Dialect } from "../../agent/dialect.ts";
import { finishTurn } from "../../agent/parse.ts";
import { ApprenticeError } from "../../errors.ts";
import type { Message } from "../../model/types.ts";
import type { ActionStep, Candidate, Vote } from "../../trajectory/schema.ts";
import type { Student } from "../export/student.ts";
import { trlConfig } from "./trl.ts";
import type { ConfigContext, Preset, PresetRow, Source } from "./types.ts";

/** What self-consistent action generation says of a candidate: how many of the samples observed what it observed. */
interface JudgedCandidate {
  readonly message: Message;
  readonly won: boolean;
  /** Share of the samples that agree with it; 0 for one that failed. */
  readonly reward: number;
}

interface JudgedStep {
  readonly step: number;
  /** The conversation that the candidates answer. */
  readonly prompt: readonly Message[];
  /** Distinct texts, the winner first. */
  readonly candidates: readonly [JudgedCandidate, ...JudgedCandidate[]];
}

/** Pairs of one step: the action that won the vote against each that failed or was outvoted. */
export const dpo: Preset = {
  name: "dpo",
  description: "preference pairs of SAG's candidates (TRL DPOTrainer)",
  rows: (source) =>
    judgedSteps(source).flatMap(({ step, prompt, candidates: [winner, ...others] }) =>
      others.flatMap((other, index) =>
        other.reward < winner.reward
          ? [{ id: `${source.trajectory.id}#${step}.${index}`, row: { prompt, chosen: [winner.message], rejected: [other.message] } }]
          : [],
      ),
    ),
  config: (context) => config("dpo", context),
};

/** Single actions, wanted or not. */
export const kto: Preset = {
  name: "kto",
  description: "labelled actions of SAG's candidates (TRL KTOTrainer)",
  rows: (source) =>
    judgedSteps(source).flatMap(({ step, prompt, candidates: [winner, ...others] }) =>
      winner.reward === 0
        ? []
        : [winner, ...others].map(({ message, reward }, index) => ({
            id: `${source.trajectory.id}#${step}.${index}`,
            row: { prompt, completion: [message], label: reward >= winner.reward },
          })),
    ),
  // The KL term is estimated from other rows of the same pass: one row at a time is refused.
  config: (context) => config("kto", context, { per_device_train_batch_size: Math.max(2, context.hyperparameters.batchSize), gradient_accumulation_steps: 1 }),
};

/** Runs as texts of their steps, each labelled; every losing candidate ends a row of its own. */
export const prm: Preset = {
  name: "prm",
  description: "step rewards of SAG's candidates (TRL PRMTrainer)",
  rows: (source) => {
    const { student, trajectory } = source;
    const steps = judgedSteps(source);
    const [first] = steps;
    if (!first) return [];
    const opening = student.render(first.prompt);
    // PRMTrainer puts the tokenizer's first token before the prompt itself.
    const start = opening.startsWith(student.bos) ? opening.slice(student.bos.length) : opening;
    const path: { text: string; reward: number }[] = [];
    const rows: PresetRow[] = [];
    let read = opening;
    for (const { step, prompt, candidates: [winner, ...others] } of steps) {
      const asked = student.render(prompt);
      if (!asked.startsWith(read)) throw new ApprenticeError("preset_cannot", "prm joins a run's steps to one text, and this model's template changes earlier turns as a run goes on: export another format, or for another model.");
      const written = ({ message, reward }: JudgedCandidate) => ({ text: student.render([...prompt, message]).slice(read.length).trimEnd(), reward });
      for (const [index, other] of others.entries()) {
        rows.push({ id: `${trajectory.id}#${step}.${index}`, row: stepRewards(start, [...path, written(other)]) });
      }
      path.push(written(winner));
      read = student.render([...prompt, winner.message]).trimEnd();
    }
    return [{ id: trajectory.id, row: stepRewards(start, path) }, ...rows];
  },
  // The steps' texts are whole; the label is on a step's last token.
  config: (context) => config("prm", context, { step_separator: "" }),
};

/** The questions, for trainers that let the student act and reward its answer. */
export const rl: Preset = {
  name: "rl",
  description: "prompts with reference answers (TRL GRPOTrainer, verifiers, verl)",
  rows: ({ trajectory: { question }, conversation: { turns } }) => {
    const firstAnswer = turns.findIndex(({ step }) => step !== undefined);
    const prompt = plain(turns.slice(0, firstAnswer < 0 ? undefined : firstAnswer));
    return question.answer === undefined ? [] : [{ id: question.id, row: { id: question.id, prompt, answer: question.answer } }];
  },
  config: () => ({}),
};

function stepRewards(prompt: string, path: readonly { text: string; reward: number }[]): object {
  return { prompt, completions: path.map(({ text }) => text), labels: path.map(({ reward }) => reward >= 0.5), rewards: path.map(({ reward }) => reward) };
}

/** The steps of a kept run that are in its conversation, with what came before each. */
function judgedSteps({ trajectory, conversation: { turns, dialect }, rows, student }: Source): JudgedStep[] {
  if (rows.length === 0) return [];
  return trajectory.steps.flatMap((step) => {
    const at = turns.findIndex((turn) => turn.step === step.index);
    if (step.kind !== "action" || at < 0) return [];
    const [winner, ...others] = judge(step, dialect, student);
    return winner ? [{ step: step.index, prompt: plain(turns.slice(0, at)), candidates: [winner, ...others] } as const] : [];
  });
}

function judge({ candidates, vote }: ActionStep, dialect: Dialect, student: Pick<Student, "spellsControl">): JudgedCandidate[] {
  // A candidate that was cut short because the vote was settled says nothing about itself.
  const whole = candidates.filter(({ finish, index }) => finish !== "cancelled" || index === vote.winner);
  const judged = whole.map((candidate) => ({
    message: { role: "assistant", content: finishTurn(candidate.text, dialect) } as const,
    won: candidate.index === vote.winner,
    reward: rewardOf(candidate, vote, whole.length),
  }));
  const winnerFirst = judged.toSorted((a, b) => Number(b.won) - Number(a.won));
  const texts = winnerFirst.map(({ message }) => message.content);
  return winnerFirst.filter(({ message, won }, index) => message.content !== "" && texts.indexOf(message.content) === index && (won || !student.spellsControl(message.content)));
}

function rewardOf({ index, action, attempt }: Candidate, vote: Vote, samples: number): number {
  if (!action.ok || attempt?.error) return 0;
  const agreeing = vote.groups?.find(({ members }) => members.includes(index))?.members.length;
  return agreeing === undefined ? Number(index === vote.winner) : Math.min(1, agreeing / samples);
}

function plain(turns: readonly Message[]): Message[] {
  return turns.map(({ role, content }) => ({ role, content }));
}

function config(name: string, context: ConfigContext, settings: object = {}): Record<string, string> {
  const command = name === "prm" ? "for trl.experimental.prm.PRMTrainer, which TRL has up to 1.13" : `trl ${name} --config config.yaml`;
  return { "config.yaml": `# ${command}\n${stringify({ ...trlConfig(context, name), ...settings })}` };
}
