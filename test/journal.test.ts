import { spawn } from "node:child_process";
import { appendFile, mkdtemp, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { once } from "node:events";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, describe, expect, it, vi } from "vitest";
import { mergeJournals, openJournal, readTrajectories, type Repair, type Trajectory } from "../src/trajectory/index.ts";
import { agentTrajectory } from "./support/trajectory.ts";

const folder = await mkdtemp(join(tmpdir(), "apprentice-journal-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const made = (id: number, fields: Partial<Trajectory> = {}) => agentTrajectory([{ code: "final_answer(6 * 7)" }], { id: id.toString(16).padStart(16, "0"), ...fields });
const path = (name: string) => join(folder, name);

async function idsIn(file: string | string[]): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of readTrajectories(file)) ids.push(Number.parseInt(id, 16));
  return ids;
}

describe("a journal", () => {
  it("gives back what was appended, in order, from many callers at once", async () => {
    await using journal = await openJournal(path("many.jsonl"));
    await Promise.all(Array.from({ length: 200 }, (_, index) => journal.append(made(index))));
    expect(await idsIn(journal.path)).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  it("has a record whole on disk when append resolves", async () => {
    await using journal = await openJournal(path("durable.jsonl"));
    await journal.append(made(1));
    expect((await readFile(journal.path, "utf8")).endsWith("}\n")).toBe(true);
  });

  it("cuts off a last line at whatever byte its writer was killed, says so, and goes on", async () => {
    const file = path("torn.jsonl");
    const line = Buffer.from(`${JSON.stringify(made(2, { model: "größer" }))}\n`);
    for (const kept of [1, 2, 100, line.indexOf("ö") + 1, line.length - 2]) {
      await writeFile(file, `${JSON.stringify(made(1))}\n`);
      await appendFile(file, line.subarray(0, kept));
      expect(await idsIn(file), "readers pass over it").toEqual([1]);
      const repairs: Repair[] = [];
      const journal = await openJournal(file, { onRepair: (repair) => repairs.push(repair) });
      await journal.append(made(3));
      await journal.close();
      expect(repairs).toEqual([{ path: file, droppedBytes: kept }]);
      expect(await idsIn(file)).toEqual([1, 3]);
    }
  });

  it("fails every caller once a failed write could not be taken back", async () => {
    const journal = await openJournal(path("broken.jsonl"));
    const probe = await open(path("broken.jsonl"));
    const prototype = Object.getPrototypeOf(probe) as typeof probe;
    await probe.close();
    const spies = [vi.spyOn(prototype, "appendFile"), vi.spyOn(prototype, "truncate")];
    try {
      for (const spy of spies) spy.mockRejectedValue(new Error("the disk is gone"));
      for (const id of [1, 2, 3, 4]) await expect(journal.append(made(id))).rejects.toMatchObject({ code: "journal_unwritable" });
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    await journal.close();
    expect(await idsIn(journal.path)).toEqual([]);
  });

  it("keeps a last record that lacks nothing but its newline", async () => {
    const file = path("unclosed.jsonl");
    await writeFile(file, JSON.stringify(made(1)));
    expect(await idsIn(file)).toEqual([1]);
    const journal = await openJournal(file, { onRepair: () => expect.unreachable() });
    await journal.append(made(2));
    await journal.close();
    expect(await idsIn(file)).toEqual([1, 2]);
  });

  it("drops the zeros that a power cut leaves", async () => {
    const file = path("zeros.jsonl");
    await writeFile(file, Buffer.concat([Buffer.from(`${JSON.stringify(made(1))}\n`), Buffer.alloc(100_000)]));
    await (await openJournal(file)).close();
    expect(await idsIn(file)).toEqual([1]);
  });

  it("has one writer", async () => {
    const journal = await openJournal(path("one.jsonl"));
    await expect(openJournal(journal.path)).rejects.toMatchObject({ code: "journal_locked" });
    await journal.close();
    await (await openJournal(journal.path)).close();
    await expect(journal.append(made(1))).rejects.toMatchObject({ code: "journal_closed" });
  });

  it("is free at once when its writer is killed", async () => {
    const file = path("killed.jsonl");
    const module = resolve(import.meta.dirname, "../src/trajectory/journal.ts");
    const script = `const { openJournal } = await import(${JSON.stringify(module)}); await openJournal(${JSON.stringify(file)}); console.log("open"); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await expect(openJournal(file)).rejects.toMatchObject({ code: "journal_locked" });
    child.kill("SIGKILL");
    await once(child, "close");
    await (await openJournal(file)).close();
  });

  it("says what cannot be written", async () => {
    await writeFile(path("file"), "");
    await expect(openJournal(join(path("file"), "a.jsonl"))).rejects.toMatchObject({ code: "journal_unwritable" });
  });
});

describe("reading", () => {
  it("ends with its signal, before or between records", async () => {
    const file = path("interrupted.jsonl");
    await writeFile(file, [1, 2].map((id) => `${JSON.stringify(made(id))}\n`).join(""));
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = async () => {
      for await (const { id } of readTrajectories(file, { signal: stop.signal })) {
        seen.push(id);
        stop.abort(new Error("enough"));
      }
    };
    await expect(reading()).rejects.toThrow("enough");
    await expect(reading()).rejects.toThrow("enough");
    expect(seen).toEqual([made(1).id]);
  });

  it("unpacks .gz and .zst, and takes the journals of a folder together", async () => {
    const lines = [made(1), made(2)].map((each) => `${JSON.stringify(each)}\n`).join("");
    await writeFile(path("a.jsonl.gz"), gzipSync(lines));
    await writeFile(path("a.jsonl.zst"), zstdCompressSync(lines));
    expect(await idsIn(path("a.jsonl.gz"))).toEqual([1, 2]);
    expect(await idsIn(path("a.jsonl.zst"))).toEqual([1, 2]);
    const broken = gzipSync(lines).subarray(0, -12);
    await writeFile(path("cut.jsonl.gz"), broken);
    await expect(idsIn(path("cut.jsonl.gz"))).rejects.toMatchObject({ code: "file_unreadable" });
    await rm(path("cut.jsonl.gz"));
  });

  it("ends lines at \\n alone: U+2028 inside a record is text", async () => {
    const file = path("separators.jsonl");
    await using journal = await openJournal(file);
    await journal.append(made(1, { question: { id: "q", text: "a\u2028b\u2029c\rd\u0085e" } }));
    for await (const { question } of readTrajectories(file)) expect(question.text).toBe("a\u2028b\u2029c\rd\u0085e");
  });

  it("gives a record that was made again once, and never a failed one in place of a finished one", async () => {
    const failed = { outcome: { type: "error", code: "x", message: "x" } } as const;
    await using journal = await openJournal(path("again.jsonl"));
    for (const record of [made(1, failed), made(2), made(1), made(2, failed)]) await journal.append(record);
    const seen: Trajectory[] = [];
    for await (const each of readTrajectories(journal.path)) seen.push(each);
    expect(seen).toEqual([made(2), made(1)]);
  });

  it("names file and line of what is no trajectory, and of a version that is too new", async () => {
    const file = path("bad.jsonl");
    await writeFile(file, `${JSON.stringify(made(1))}\n{"a": 1}\n${JSON.stringify({ ...made(2), schema: "apprentice/trajectory@9" })}\n`);
    await expect(idsIn(file)).rejects.toMatchObject({ code: "trajectory_invalid", message: expect.stringContaining("bad.jsonl:2") });
    const bad: string[] = [];
    for await (const each of readTrajectories(file, { onBadLine: ({ line, error }) => bad.push(`${line} ${error.code}`) })) expect(each.id).toBe(made(1).id);
    expect(bad).toEqual(["2 trajectory_invalid", "3 trajectory_version"]);
  });

  it("keeps the run before a line with its id that is no trajectory", async () => {
    const file = path("spoilt.jsonl");
    await writeFile(file, `${JSON.stringify(made(1))}\n${JSON.stringify({ id: made(1).id, outcome: made(1).outcome })}\n`);
    const bad: number[] = [];
    const seen = await Array.fromAsync(readTrajectories(file, { onBadLine: ({ line }) => bad.push(line) }));
    expect([seen, bad]).toEqual([[made(1)], [2]]);
  });
});

describe("merging", () => {
  it("joins shards, each record once, and packs by the output's name", async () => {
    for (const [name, ids] of [["s0.jsonl", [1, 2]], ["s1.jsonl", [2, 3]]] as const) {
      await using journal = await openJournal(path(name));
      for (const id of ids) await journal.append(made(id));
    }
    const inputs = [path("s0.jsonl"), path("s1.jsonl")];
    expect(await mergeJournals(inputs, path("merged.jsonl.zst"))).toBe(3);
    expect((await idsIn(path("merged.jsonl.zst"))).sort()).toEqual([1, 2, 3]);
    await expect(mergeJournals(inputs, path("s1.jsonl"))).rejects.toMatchObject({ code: "merge_onto_input" });
  });

  it("leaves no half file behind", async () => {
    const file = path("half.jsonl");
    await writeFile(file, `${JSON.stringify(made(1))}\nnonsense\n`);
    await expect(mergeJournals([file], path("out.jsonl"))).rejects.toMatchObject({ code: "trajectory_invalid" });
    await expect(readFile(path("out.jsonl"))).rejects.toThrow();
    await truncate(file, 0);
    expect(await mergeJournals([file], path("out.jsonl"))).toBe(0);
  });
});
