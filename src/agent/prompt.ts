import type { Message } from "../model/types.ts";
import type { HostFunction } from "../sandbox/types.ts";
import { describeFunction } from "../tools/python.ts";

/** The words of an agent, as plain data: it can be read from a file. */
export interface Prompt {
  /** Named in records. */
  readonly id: string;
  /** `{{tools}}` becomes the list of the functions that the code can call. */
  readonly system: string;
  /** Worked examples as turns of the conversation, before the question. */
  readonly examples: readonly Message[];
  /** `{{question}}` becomes the question. */
  readonly task: string;
  /** Asks for an answer in plain words once the steps are used up. */
  readonly forcedAnswer: string;
}

const opening = `You solve tasks by writing Python code that is run for you.
Work in steps. At each step write "Thought:" with your reasoning, then "Code:" with a Python code block that begins with \`\`\`py and ends with \`\`\`<end_code>.
What the code prints with print() comes back to you as an "Observation:". Variables and imports are kept from step to step.
When you know the answer, call final_answer(answer) in the code.

Besides the Python standard library and sympy, the code can call these functions:
{{tools}}`;

const rules = `

Rules:
1. Every turn has a "Thought:" and a "Code:" block; a turn without code does nothing.
2. Do not compute in your head: let the code compute, and pass the variable that holds the result to final_answer.
3. Use only variables that you have defined, and never one with the name of a function listed above.
4. Call functions with their arguments directly, not with a dict, and never twice with the same arguments.
5. Print what you need to see before you use it in a next step.`;

const task =
  "New task:\n{{question}}\n\nIMPORTANT: Always provide a 'Thought:' sequence, and a 'Code:\n```py' sequence ending with '```<end_code>' sequence, else you will fail.";

const forcedAnswer =
  "You have no steps left. Based on the above, answer the task now, without code: write only the final answer.\nThe task was:\n{{question}}";

/** The prompt for models that were trained to act: instructions, no examples (appendix C). */
export const studentPrompt: Prompt = { id: "student", system: opening, examples: [], task, forcedAnswer };

/** The prompt for models that were not: rules, and worked examples as turns of the conversation. */
export const teacherPrompt: Prompt = {
  id: "teacher",
  system: opening + rules,
  examples: [
    asked("A theatre sells tickets at 14.50 each. On Friday it sold 3 times as many as on Thursday, and 1248 on both days together. How much money did it take in on Friday?"),
    did(
      "Let Thursday be t tickets. Then t + 3t = 1248, so t = 1248 / 4. Friday's money is 3t times the price.",
      "thursday = 1248 / (1 + 3)\nfriday = 3 * thursday\nmoney = friday * 14.50\nfinal_answer(money)",
    ),
    asked("How many whole numbers from 1 to 500 are divisible by 6 or by 8, but not by both?"),
    did(
      "I count the numbers for which exactly one of the two divisibility tests holds.",
      "count = 0\nfor n in range(1, 501):\n    if (n % 6 == 0) != (n % 8 == 0):\n        count += 1\nprint(count)",
    ),
    { role: "user", content: "Observation:\nExecution logs:\n105\nLast output from code snippet:\nNone" },
    did("The loop counted 105 numbers, so I return the variable that holds them.", "final_answer(count)"),
    asked("If $a + b = 9$ and $a^2 + b^2 = 53$ with $a > b$, what is $\\frac{a}{b}$ as a common fraction?"),
    did(
      "I solve both equations with sympy, which keeps exact fractions, and look at the solutions.",
      "from sympy import symbols, solve\na, b = symbols('a b')\nsolutions = solve([a + b - 9, a**2 + b**2 - 53], [a, b], dict=True)\nprint(solutions)",
    ),
    {
      role: "user",
      content:
        "Observation:\nExecution logs:\n[{a: 2, b: 7}, {a: 7, b: 2}]\nLast output from code snippet:\nNone",
    },
    did(
      "The second solution has a > b, so the answer is its a divided by its b.",
      "solution = solutions[1]\nfinal_answer(solution[a] / solution[b])",
    ),
  ],
  task,
  forcedAnswer,
};

/** The conversation that a run begins with. */
export function openingMessages(prompt: Prompt, question: string, functions: readonly HostFunction[]): Message[] {
  const tools = [...functions.map(describeFunction), describeFunction(finalAnswerFunction)].join("\n");
  return [
    { role: "system", content: fill(prompt.system, { tools }) },
    ...prompt.examples,
    { role: "user", content: fill(prompt.task, { question }) },
  ];
}

export function forcedAnswerMessage(prompt: Prompt, question: string): Message {
  return { role: "user", content: fill(prompt.forcedAnswer, { question }) };
}

const finalAnswerFunction: Pick<HostFunction, "name" | "parameters" | "returns" | "docstring"> = {
  name: "final_answer",
  parameters: [{ name: "answer", annotation: "object" }],
  returns: "None",
  docstring: "Gives the final answer and ends the task.",
};

function fill(template: string, values: Record<string, string>): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
}

function asked(question: string): Message {
  return { role: "user", content: fill(task, { question }) };
}

function did(thought: string, code: string): Message {
  return { role: "assistant", content: `Thought: ${thought}\nCode:\n\`\`\`py\n${code}\n\`\`\`<end_code>` };
}
