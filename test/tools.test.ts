import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeFunction, toHostFunction } from "../src/tools/python.ts";
import { tool } from "../src/tools/index.ts";

const never = new AbortController().signal;

const weather = tool({
  name: "weather",
  description: "Tells the weather of a city.",
  input: z.object({
    days: z.number().int().default(1).describe("How far ahead."),
    city: z.string().describe("Its name."),
    units: z.enum(["C", "F"]).optional(),
  }),
  output: z.array(z.string()),
  effect: "read",
  run: ({ city, days, units }) => Array.from({ length: days }, () => `${city} 20 ${units ?? "C"}`),
});

describe("tool", () => {
  it("becomes a Python function: required parameters first, annotations, defaults and a docstring", () => {
    const host = toHostFunction(weather);
    expect(host.parameters).toEqual([
      { name: "city", annotation: "str" },
      { name: "days", annotation: "int", default: 1 },
      { name: "units", annotation: 'Literal["C", "F"]', default: null },
    ]);
    expect(host.returns).toBe("list[str]");
    expect(host.docstring).toBe("Tells the weather of a city.\n\nArgs:\n    days: How far ahead.\n    city: Its name.");
  });

  it("is listed for the model with its signature", () => {
    expect(describeFunction(toHostFunction(weather))).toBe(
      '- weather(city: str, days: int = 1, units: Literal["C", "F"] = None) -> list[str]: Tells the weather of a city.\n    Args:\n        days: How far ahead.\n        city: Its name.',
    );
  });

  it("is called with validated arguments; None stands for an optional one that is not given", async () => {
    const host = toHostFunction(weather);
    expect(await host.call({ city: "Oslo", days: 2, units: null }, never)).toEqual(["Oslo 20 C", "Oslo 20 C"]);
  });

  it("refuses wrong arguments in words", async () => {
    const host = toHostFunction(weather);
    await expect(host.call({ city: 3, days: 1 }, never)).rejects.toThrow(/weather: wrong arguments: city: .*string/);
  });

  it("refuses a wrong result", async () => {
    const broken = tool({
      name: "broken",
      description: "",
      input: z.object({}),
      output: z.string(),
      effect: "read",
      run: () => 3 as unknown as string,
    });
    await expect(toHostFunction(broken).call({}, never)).rejects.toThrow(/broken returned a wrong result/);
  });

  it.each(["2fast", "a-b", "class", "final_answer"])("refuses the name %s", (name) => {
    expect(() => tool({ name, description: "", input: z.object({}), effect: "read", run: () => null })).toThrowError(
      expect.objectContaining({ code: "tool_name" }),
    );
  });

  it("refuses an input that is no object", () => {
    expect(() => tool({ name: "f", description: "", input: z.string(), effect: "read", run: () => null })).toThrowError(
      expect.objectContaining({ code: "tool_schema" }),
    );
  });
});
