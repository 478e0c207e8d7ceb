import { ApprenticeError } from "../../errors.ts";
import { catalogue, type CatalogueModel } from "./catalogue.ts";

/** What a model's name stands for. */
export type ResolvedModel =
  | { readonly kind: "catalogue"; readonly model: CatalogueModel }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "huggingface"; readonly repo: string; readonly file: string };

/**
 * Reads the one way to name a model: a catalogue name, a path to a `.gguf` file, or `hf:owner/repo/file.gguf`.
 * Touches neither disk nor network.
 *
 * @throws ApprenticeError `model_unknown`, naming the nearest catalogue names.
 */
export function resolveModel(spec: string): ResolvedModel {
  const model = catalogue.find((entry) => entry.name === spec);
  if (model) return { kind: "catalogue", model };
  if (spec.startsWith("hf:")) return resolveHuggingFace(spec);
  if (spec.toLowerCase().endsWith(".gguf")) return { kind: "file", path: spec };
  const near = nearest(spec, catalogue.map((entry) => entry.name)).join(" or ");
  throw new ApprenticeError(
    "model_unknown",
    `No model is called "${spec}": did you mean ${near}? A path to a .gguf file or hf:owner/repo/file.gguf works too.`,
  );
}

function resolveHuggingFace(spec: string): ResolvedModel {
  const [owner, name, ...path] = spec.slice("hf:".length).split("/");
  const file = path.join("/");
  const plain = [owner, name, ...path].every((part) => part !== undefined && /^[\w.-]+$/.test(part) && !/^\.+$/.test(part));
  if (!plain || !file.toLowerCase().endsWith(".gguf")) {
    throw new ApprenticeError("model_unknown", `"${spec}" is not of the form hf:owner/repo/file.gguf.`);
  }
  return { kind: "huggingface", repo: `${owner}/${name}`, file };
}

/** The names least far from `name`: one, or two where the second is nearly as near. */
function nearest(name: string, names: readonly string[]): string[] {
  const ranked = names
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0]?.distance ?? 0;
  return ranked.filter(({ distance }) => distance <= best + 1).slice(0, 2).map(({ candidate }) => candidate);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
