export { readAnswer } from "./answer.ts";
export { type AnswerKey, plainAnswerKey } from "./answer-vote.ts";
export { chainOfThought, type ChainOfThoughtOptions } from "./chain-of-thought.ts";
export { type CotPrompt, cotPrompt } from "./cot-prompt.ts";
export { firstParagraph, type FirstStep } from "./first-step.ts";
export { type FirstThoughtOptions, type FirstThoughts, firstThoughts, type WrittenThought } from "./first-thought.ts";
export { firstThoughtsFrom, type FirstThoughtStore, openFirstThoughts } from "./first-thought-store.ts";
export type { Question, Run, RunEvent, SolveOptions, Solver } from "./types.ts";
