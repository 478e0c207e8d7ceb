import { type ModelOpener, openModel } from "../model/open.ts";
import { findAdapter } from "../training/adapters/folder.ts";
import { downloadBar } from "./terminal/download-bar.ts";

/** Used where no model is named. */
export const defaultModel = "qwen2.5-coder-0.5b";

/** Opens a model by name; a download that this takes is shown on stderr. */
export const openNamedModel: ModelOpener = async (name, { adapters = [], ...wish }) => {
  const bar = downloadBar(name);
  try {
    return await openModel(name, { ...wish, adapters: await Promise.all(adapters.map(findAdapter)), onProgress: bar.onProgress });
  } finally {
    bar.stop();
  }
};
