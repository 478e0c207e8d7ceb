import { createAgent, teacherPrompt, type Trajectory } from "../../src/index.ts";
import { scriptedModel, type ScriptedTurn } from "../../src/testing/index.ts";

export const turn = (thought: string, code: string) => `Thought: ${thought}\nCode:\n\`\`\`py\n${code}\n\`\`\``;

/** A run of the real agent with a teacher's prompt, its turns scripted, graded right. */
export async function runOf(id: string, question: string, turns: readonly ScriptedTurn[]): Promise<Trajectory> {
  const agent = createAgent({ model: scriptedModel(turns, { id: "scripted-teacher" }), prompt: teacherPrompt });
  const trajectory = await agent.solve({ id, text: question, answer: "14" }, { seed: 1 }).result;
  return { ...trajectory, grade: { grader: "exact", correct: true, score: 1 } };
}

/** Sums in one and in two steps, every fifth with an action that fails. */
export async function sumTrajectories(count: number): Promise<Trajectory[]> {
  const trajectories: Trajectory[] = [];
  for (let index = 0; index < count; index += 1) {
    const [a, b] = [17 * index + 3, 5 * index + 11];
    const answer = turn("The sum is in the variable.", "final_answer(total)");
    const one = [turn(`I add ${a} and ${b}.`, `total = ${a} + ${b}\nfinal_answer(total)`)];
    const two = [turn(`I add ${a} and ${b} and look at it.`, `total = ${a} + ${b}\nprint(total)`), answer];
    const failing = [turn("I use a name that is not there.", `print(totals)`), turn("I define it.", `total = ${a} + ${b}\nprint(total)`), answer];
    trajectories.push(await runOf(`sum-${index}`, `What is ${a} + ${b}?`, index % 5 === 4 ? failing : index % 2 === 1 ? two : one));
  }
  return trajectories;
}

/** The run as if each of its actions had been voted on by three more samples: one that agrees, one outvoted, one without code. */
export function withVotes(trajectory: Trajectory): Trajectory {
  const steps = trajectory.steps.map((step) => {
    const [won] = step.kind === "action" ? step.candidates : [];
    if (step.kind !== "action" || !won) return step;
    const candidates = [
      won,
      { ...won, index: 1, text: won.text.replace("Thought: ", "Thought: Well. ") },
      { ...won, index: 2, text: turn("I take away.", "final_answer(3 - 11)") },
      { ...won, index: 3, text: "Thought: I know it.", action: { ok: false as const, thought: "I know it.", message: "Your turn has no code block." } },
    ];
    const groups = [{ key: "14", members: [0, 1] }, { key: "-8", members: [2] }];
    return { ...step, candidates, vote: { winner: 0, reason: "majority" as const, groups } };
  });
  return { ...trajectory, steps };
}

/** The run's question as if answered with a rationale, without a system message. */
export function asRationale(trajectory: Trajectory): Trajectory {
  const [step] = trajectory.steps;
  if (step?.kind !== "action" || !step.candidates[0]) throw new Error("The run has no action.");
  const { action: _action, attempt: _attempt, ...completion } = step.candidates[0];
  const { answer = "" } = trajectory.question;
  const response = {
    kind: "response" as const,
    index: 0,
    retrieved: [{ id: "p", text: "A passage.", score: 1 }],
    responses: [{ ...completion, text: `It can be found.\n\\boxed{${answer}}`, answer }],
    vote: step.vote,
    usage: step.usage,
    ms: 1,
  };
  const messages = [{ role: "user" as const, content: `A passage.\n${trajectory.question.text} Let's think step by step.` }];
  return { ...trajectory, id: `${trajectory.id}-rationale`, messages, steps: [response], outcome: { type: "answered", answer, by: "response" } };
}
