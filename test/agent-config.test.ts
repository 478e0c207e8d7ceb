import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { teacherPrompt } from "../src/agent/index.ts";
import { readConfig } from "../src/collect/setup/agent-config.ts";

const folder = await mkdtemp(join(tmpdir(), "apprentice-config-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(name: string, config: object): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(config));
  return path;
}

describe("a prompt of one's own", () => {
  it("goes by its file's name, wherever that lies, and has the rest from the teacher's", async () => {
    const { prompt } = await readConfig(await written("short.json", { prompt: { examples: [] } }));
    expect(prompt).toEqual({ ...teacherPrompt, id: "short", examples: [] });
  });

  it("goes by its own name where it has one", async () => {
    const { prompt } = await readConfig(await written("other.json", { prompt: { id: "mine" } }));
    expect(prompt?.id).toBe("mine");
  });
});
