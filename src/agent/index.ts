export { type Agent, type AgentOptions, createAgent } from "./agent.ts";
export type { AnswerCheck } from "./answer-check.ts";
export { codeAct, type Dialect } from "./dialect.ts";
export { type Action, parseAction } from "./parse.ts";
export { type Prompt, studentPrompt, teacherPrompt } from "./prompt.ts";
