export { benchmarks, findBenchmark, knownFiles, setOf, trainingSets, type Benchmark, type BenchmarkId, type KnownFile } from "./benchmarks.ts";
export { loadQuestions, type LoadOptions, type QuestionSet } from "./load.ts";
export { benchmarksFolder, findQuestionFile } from "./find-file.ts";
