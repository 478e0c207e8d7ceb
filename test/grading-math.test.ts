import { describe, expect, it } from "vitest";
import { seededRandom } from "../src/random.ts";
import { mathEquivalent, mathGrader } from "../src/grading/index.ts";
import { mathPairs } from "./support/math-pairs.ts";

describe.each(Object.entries(mathPairs))("maths grading of %s", (_topic, groups) => {
  for (const { gold, right, wrong } of groups) {
    it.each(right)(`${gold} is said by: %s`, (answer) => {
      expect(mathEquivalent(answer, gold)).toBe(true);
    });
    it.each(wrong)(`${gold} is not said by: %s`, (answer) => {
      expect(mathEquivalent(answer, gold)).toBe(false);
    });
  }
});

describe("hostile answers", () => {
  const many = (text: string, times: number) => text.repeat(times);
  const hostile = {
    "a million digits": many("9", 1_000_000),
    "a tower of powers": "9**9**9**9**9",
    "a tower of LaTeX powers": "10^{10^{10}}",
    "a long tower": many("2^", 600) + "2",
    "a million braces": many("{", 1_000_000),
    "nested groups": many("{", 900) + "8" + many("}", 900),
    "nested parentheses": many("(", 900) + "8" + many(")", 900),
    "nested fractions": many(String.raw`\frac{1}{`, 200) + "2" + many("}", 200),
    "nested roots": many(String.raw`\sqrt`, 390) + "7",
    "nested boxes": many(String.raw`\boxed{`, 250) + "7" + many("}", 250),
    "minus signs": many("-", 1900) + "7",
    "bars": many("|", 1999),
    "factorials": "7" + many("!", 1000),
    "a factorial": "1000000!",
    "binomials": many("binomial(1000,500)*", 99) + "7",
    "awkward fractions": many("(1/9999991)+", 150) + "1",
    "huge exponents": "1e999999999",
    "tiny exponents": "1e-999999999",
    "words": many("the ", 499) + "is",
    "units": many("12 cm ", 300),
    "spaces": many(" ", 1990) + "8",
    "backslashes": many("\\", 1999),
    "dollars": many("$", 1999),
    "plus-minus": many(String.raw`1\pm`, 400) + "1",
    "matrices": many(String.raw`\begin{pmatrix}`, 100),
    "a long set": `{${many("1,", 900)}2}`,
    "lone surrogates": "\u0000\ud800",
    "names of Object": "__proto__ constructor toString",
    "calls of Object": "constructor(7)+toString(7)",
  };

  it.each(Object.entries(hostile))("%s are wrong, at once", (_name, answer) => {
    expect(mathEquivalent(answer, "7")).toBe(false);
    expect(mathEquivalent("7", answer)).toBe(false);
    expect(mathEquivalent(answer, String.raw`\{x^2+1, \frac{3}{4}\}`)).toBe(false);
  });

  it("numbers too large to compute are equal to themselves alone", () => {
    expect(mathEquivalent(many("9", 1_000_000), many("9", 1_000_000))).toBe(true);
    expect(mathEquivalent(many("9", 1_000_000), many("9", 999_999))).toBe(false);
    expect(mathEquivalent("10^{10^{10}}", "10^{10^{11}}")).toBe(false);
    expect(mathEquivalent("9**9**9**9", String.raw`\infty`)).toBe(false);
  });

  it("any jumble of what answers are made of is judged, and never throws", () => {
    const pieces = [..."0123456789+-*/^_(){}[],.=<>|!%$ xyei&:;~'", "\\frac", "\\sqrt", "\\left(", "\\text{", "\\begin{pmatrix}", "\\end{pmatrix}", "\\\\", "\\pi", "\\infty", "\\cup", "\\pm", "\\{", "\\}", "**", "sqrt(", "log_", "\\circ", " and ", "Matrix(", "1e9", "12 cm", "\\overline{", "∞"];
    const random = seededRandom(7);
    const jumble = () => Array.from({ length: 1 + Math.floor(random() * 40) }, () => pieces[Math.floor(random() * pieces.length)]).join("");
    for (let round = 0; round < 20_000; round += 1) {
      const [answer, gold] = [jumble(), jumble()];
      expect(typeof mathEquivalent(answer, gold), `${answer} against ${gold}`).toBe("boolean");
    }
  });
});

describe("the maths grader", () => {
  it("says what it judged by", async () => {
    expect(await mathGrader.grade("0.5", { text: "q", answer: String.raw`\frac12` })).toEqual({ grader: "math@1", correct: true, score: 1 });
    expect(await mathGrader.grade("0.6", { text: "q", answer: String.raw`\frac12` })).toEqual({ grader: "math@1", correct: false, score: 0 });
  });

  it("counts a question without a reference answer, and a run without an answer, as wrong, with the reason", async () => {
    expect(await mathGrader.grade("5", { text: "q" })).toMatchObject({ correct: false, reason: "The question has no reference answer." });
    expect(await mathGrader.grade("5", { text: "q", answer: "" })).toMatchObject({ correct: false, reason: "The question has no reference answer." });
    expect(await mathGrader.grade(undefined, { text: "q", answer: "5" })).toMatchObject({ correct: false, reason: "There is no answer." });
  });

  it("takes any of several reference answers", async () => {
    expect(await mathGrader.grade("7", { text: "q", answer: "5", metadata: { answers: ["6", "7"] } })).toMatchObject({ correct: true });
  });
});
