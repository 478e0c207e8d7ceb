/** Failures that are the question's, not the model's or the machine's: they come again however often a run is repeated. */
export const ofTheQuestion: readonly string[] = ["content_filtered", "context_overflow", "first_thought_empty"];
