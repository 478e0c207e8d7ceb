import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { version } from "../src/index.ts";

const root = resolve(import.meta.dirname, "..");
const project = mkdtempSync(join(tmpdir(), "apprentice-package-"));
const inRoot: ExecFileSyncOptionsWithStringEncoding = { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] };
const inProject: ExecFileSyncOptionsWithStringEncoding = { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] };
let tarball: string;

beforeAll(() => {
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", project], { cwd: root, encoding: "utf8" })) as [
    { filename: string },
  ];
  tarball = join(project, packed.filename);
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module", private: true }));
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], inProject);
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe("the package", () => {
  it("runs an agent from an empty project, with its sandbox", () => {
    writeFileSync(
      join(project, "app.js"),
      `import { createAgent } from "apprentice";
       import { scriptedModel } from "apprentice/testing";
       const model = scriptedModel(["Thought: x\\nCode:\\n\`\`\`py\\nimport sympy\\nfinal_answer(sympy.factorint(2**31 - 2)[2])\\n\`\`\`"]);
       console.log(JSON.stringify((await createAgent({ model }).run("q").result).outcome));
       `,
    );
    const outcome: unknown = JSON.parse(execFileSync(process.execPath, ["app.js"], inProject));
    expect(outcome).toEqual({ type: "answered", answer: "1", json: 1, by: "final_answer" });
  });

  it("has a command line that works without the optional peer, and names it when it is needed", () => {
    const cli = join(project, "node_modules/apprentice/dist/cli.js");
    expect(execFileSync(process.execPath, [cli, "--version"], inProject).trim()).toBe(version);
    writeFileSync(join(project, "empty.gguf"), "");
    expect(() => execFileSync(process.execPath, [cli, "run", "q", "--model", "empty.gguf"], inProject)).toThrow(/npm install node-llama-cpp/);
  });

  it("brings the training runner, whole", () => {
    const filesOf = (folder: string) => readdirSync(folder).filter((name) => name !== "__pycache__").toSorted();
    expect(filesOf(join(project, "node_modules/apprentice/dist/runner"))).toEqual(filesOf(join(root, "src/training/runner")));
  });

  it("searches by words without any native package, and names the one that search by meaning needs", () => {
    const cli = join(project, "node_modules/apprentice/dist/cli.js");
    const index = (...args: string[]) => execFileSync(process.execPath, [cli, "index", ...args], inProject);
    writeFileSync(join(project, "facts.jsonl"), '{"id":"a","text":"The Danube is a river."}\n');
    index("build", "--passages", "facts.jsonl", "--no-vectors", "--out", "words");
    expect(JSON.parse(index("search", "words", "rivers", "--json"))).toMatchObject({ id: "a" });
    expect(() => index("build", "--passages", "facts.jsonl", "--out", "meaning")).toThrow(/npm install onnxruntime-node/);
  });

  it("loads no native module, no Pyodide and no model on import", () => {
    writeFileSync(
      join(project, "light.js"),
      `import "apprentice";
       const heavy = Object.keys(process.report.getReport().sharedObjects.filter((path) => path.endsWith(".node")));
       console.log(JSON.stringify({ heavy, resources: process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY/.test(name)) }));`,
    );
    expect(JSON.parse(execFileSync(process.execPath, ["light.js"], inProject))).toEqual({ heavy: [], resources: [] });
    const index = readFileSync(join(project, "node_modules/apprentice/dist/index.js"), "utf8");
    expect(index).not.toMatch(/from "(?:pyodide|node-llama-cpp|zod)"/);
  });

  it("has types and entry points that resolve for ESM users", () => {
    // Exits with an error, which throws here, when an entry point does not resolve.
    execFileSync("npx", ["attw", tarball, "--profile", "esm-only", "--quiet"], inRoot);
    expect(execFileSync("npx", ["publint", "--strict", tarball], inRoot)).toMatch(/All good/);
  });

  it("has the version of its package.json", () => {
    expect(version).toBe((JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version);
  });
});
