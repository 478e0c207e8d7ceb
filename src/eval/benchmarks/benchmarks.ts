import type { Question } from "../../solvers/types.ts";

/** A question set that the paper evaluates on (table 1). Its rows are not part of this package. */
export interface Benchmark {
  readonly id: string;
  readonly name: string;
  readonly domain: "factual" | "mathematics";
  /** Whether the paper trains on questions of the same kind. */
  readonly inDomain: boolean;
  /** SPDX where there is one. */
  readonly licence: string;
  /** Where its authors publish it: `hf:` is a dataset on Hugging Face, `github:` a repository. */
  readonly source: string;
  /** Names of it in question files' `dataset_name`, in lower case. */
  readonly aliases: readonly string[];
}

/** In the order of the paper's table 2. */
export const benchmarks = [
  { id: "hotpotqa", name: "HotpotQA", domain: "factual", inDomain: true, licence: "CC-BY-SA-4.0", source: "hf:hotpotqa/hotpot_qa", aliases: ["hotpotqa/hotpot_qa", "hotpot_qa", "hotpot"] },
  { id: "math_500", name: "MATH-500", domain: "mathematics", inDomain: true, licence: "MIT", source: "hf:HuggingFaceH4/MATH-500", aliases: ["math", "math-500", "math500", "huggingfaceh4/math-500"] },
  { id: "musique", name: "MuSiQue", domain: "factual", inDomain: false, licence: "CC-BY-4.0", source: "github:stonybrooknlp/musique", aliases: ["dgslibisey/musique", "musique_ans"] },
  { id: "bamboogle", name: "Bamboogle", domain: "factual", inDomain: false, licence: "MIT", source: "github:ofirpress/self-ask", aliases: ["chiayewken/bamboogle"] },
  { id: "2wikimultihopqa", name: "2WikiMultiHopQA", domain: "factual", inDomain: false, licence: "Apache-2.0", source: "github:Alab-NII/2wikimultihop", aliases: ["2wiki", "2wikimultihop", "xanhho/2wikimultihopqa"] },
  { id: "gsm_hard", name: "GSM-Hard", domain: "mathematics", inDomain: false, licence: "MIT", source: "hf:reasoning-machines/gsm-hard", aliases: ["gsm-hard", "gsmhard", "reasoning-machines/gsm-hard"] },
  { id: "aime", name: "AIME", domain: "mathematics", inDomain: false, licence: "not stated", source: "hf:AI-MO/aimo-validation-aime", aliases: ["ai-mo/aimo-validation-aime", "aimo-validation-aime"] },
  { id: "olymmath", name: "OlymMATH", domain: "mathematics", inDomain: false, licence: "MIT", source: "hf:RUC-AIBOX/OlymMATH", aliases: ["ruc-aibox/olymmath"] },
] as const satisfies readonly Benchmark[];

export type BenchmarkId = (typeof benchmarks)[number]["id"];

/** A benchmark by its id, its name or what question files call it; undefined for others. */
export function findBenchmark(name: string): (Benchmark & { readonly id: BenchmarkId }) | undefined {
  const wanted = name.toLowerCase();
  return benchmarks.find((benchmark) => benchmark.id === wanted || benchmark.name.toLowerCase() === wanted || benchmark.aliases.some((alias) => alias === wanted));
}

/** What the paper's teacher is asked (table 5): questions to train on, so that nothing may be evaluated on them. */
export const trainingSets = [
  { id: "hotpotqa_train", name: "HotpotQA (training)" },
  { id: "math_hard", name: "MATH hard" },
  { id: "math_medium", name: "MATH medium" },
] as const;

/** A file whose bytes are known. */
export interface KnownFile {
  readonly set: BenchmarkId | (typeof trainingSets)[number]["id"];
  readonly name: string;
  readonly sha256: string;
  readonly questions: number;
}

/** The files that the paper's published code uses. */
export const knownFiles: readonly KnownFile[] = [
  { set: "hotpotqa", name: "hotpotqa_500_20250422.json", sha256: "770b2740d2d5195f983dbeae3c770900edab776b5986b4cbff3194443a771b00", questions: 500 },
  { set: "math_500", name: "math_500_20250414.json", sha256: "32ae376ee63aee4a1e59ea167afebffa0031250b154d1805d13522c60c6069cb", questions: 500 },
  { set: "bamboogle", name: "bamboogle_125_20250507.json", sha256: "f6c5f3dd17521cf33a1d597d75525d65673687b3219ffe0339eae21b28d69be4", questions: 125 },
  { set: "gsm_hard", name: "gsm_hard_500_20250507.json", sha256: "970c69744216a75fe04eb86ff1adaf208df5191e2731c6ef0610bd2312266498", questions: 500 },
  { set: "hotpotqa_train", name: "hotpotqa_1000_20250402.json", sha256: "35ae8108e8cb856813dc4aeb7de261b794ec2424ddb19c81449d1007a71f1fb8", questions: 1000 },
  { set: "math_hard", name: "math_1000_20250414.json", sha256: "71240de787bb08c59b09bbb5fa4daa2cb536849da29dfdd25bf9e27c7eff344b", questions: 1000 },
  { set: "math_medium", name: "math_medium_1000_20250430.json", sha256: "af3aaef02faf2264aa32e30ca9b531b26ca7662f6be87a718ef3f5eb139e31ba", questions: 1000 },
];

/** The set that a question says it is of: the id of a benchmark or training set, else the name that it gives; undefined when it gives none. */
export function setOf({ metadata }: Question): string | undefined {
  const name = metadata?.["dataset"] ?? metadata?.["dataset_name"];
  if (typeof name !== "string") return undefined;
  const benchmark = findBenchmark(name);
  // Files of training questions have the benchmark's name.
  return benchmark && metadata?.["split"] === "train" ? `${benchmark.id}_train` : (benchmark?.id ?? name);
}
