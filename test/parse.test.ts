import { describe, expect, it } from "vitest";
import { codeAct, parseAction } from "../src/index.ts";
import { finishTurn } from "../src/agent/parse.ts";

const parse = (text: string) => parseAction(text, codeAct);
const code = (text: string) => {
  const action = parse(text);
  return action.ok ? action.code : action;
};

describe("parseAction", () => {
  it("reads thought and code of a well-formed turn", () => {
    expect(parse("Thought: I add.\nCode:\n```py\nprint(1 + 1)\n```<end_code>")).toEqual({
      ok: true,
      thought: "I add.",
      code: "print(1 + 1)",
    });
  });

  it.each([
    ["no language tag", "Code:\n```\nx = 1\n```"],
    ["the tag python", "Code:\n```python\nx = 1\n```"],
    ["no end of the block", "Code:\n```py\nx = 1"],
    ["no end of the block but the end tag", "Code:\n```py\nx = 1\n<end_code>"],
    ["text after the block", "Code:\n```py\nx = 1\n```\nNow I know that x is 1."],
    ["blank lines and indentation", "Code:\n  ```py\n\n    x = 1\n  ```"],
    ["no fence at all", "Thought: set x.\nCode:\nx = 1"],
    ["the fence on the line of the marker", "Code: ```py\nx = 1\n```"],
    ["a block of another language before it", "Thought: it says\n```text\n[1, 2\n```\nso I go on.\nCode:\n```py\nx = 1\n```"],
    ["a guess of its output after it", "Code:\n```py\nx = 1\n```\n```output\n3\n```\nSo it is 3."],
    ["a block on one line", "```py x = 1```\nand so on"],
    ["no end of a block before another", "```json\n{}\n```py\nx = 1\n```"],
    ["prose in fences without a tag beside it", "```\nfirst I set x\n```\n```py\nx = 1\n```"],
    ["the end of a block without its beginning", "Code:\nx = 1\n```"],
  ])("accepts %s", (_, text) => {
    expect(code(text)).toBe("x = 1");
  });

  it("joins several blocks", () => {
    expect(code("```py\na = 1\n```\nand then\n```py\nb = 2\n```")).toBe("a = 1\n\nb = 2");
  });

  it("keeps relative indentation, and fences inside strings", () => {
    expect(code("```py\n  if x:\n      y = '```'\n```")).toBe("if x:\n    y = '```'");
  });

  it("reads the fences of another dialect", () => {
    const action = parseAction("Hm.\nCode:\n<code>\nx = 1\n</code>\nDone.", { ...codeAct, fenceOpen: "<code>", fenceClose: "</code>" });
    expect(action).toEqual({ ok: true, thought: "Hm.", code: "x = 1" });
  });

  it.each(["```bash\nls\n```\nDone now.", "Code: no code is needed, the answer is 5.", "It ends with ```py' and then '```.", "Done", "The answer is 42.", "Thought: nothing to do", "Code:\n```py\n```"])("takes no prose for code: %s", (text) => {
    expect(parse(text)).toMatchObject({ ok: false, message: "Your turn has no code block." });
  });

  it("says that a turn is empty", () => {
    expect(parse("  \n")).toMatchObject({ ok: false, message: "Your turn is empty." });
  });
});

describe("finishTurn", () => {
  it("closes the block with the end tag, so that the conversation shows how turns end", () => {
    expect(finishTurn("Code:\n```py\nx\n```\n", codeAct)).toBe("Code:\n```py\nx\n```<end_code>");
    expect(finishTurn("just prose ", codeAct)).toBe("just prose");
  });
});
