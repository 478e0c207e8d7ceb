import { z } from "zod";

const content = z.string().min(1);
const message = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("system"), content }),
  z.strictObject({ role: z.literal("user"), content }),
  // `weight` is for the assistant's messages alone.
  z.strictObject({ role: z.literal("assistant"), content, weight: z.union([z.literal(0), z.literal(1)]).optional() }),
]);

/** OpenAI's published rules for a row of supervised fine-tuning, as far as they concern plain messages. */
const row = z
  .strictObject({ messages: z.array(message).min(2) })
  .refine(({ messages }) => messages.at(-1)?.role === "assistant", "The last message is not the assistant's.")
  .refine(({ messages }) => messages.some((each) => each.role === "assistant" && each.weight !== 0), "Nothing is trained.");

/** What is wrong with a row; nothing, if it may be uploaded. */
export function checkOpenAiRow(value: unknown): string[] {
  return row.safeParse(value).error?.issues.map(({ path, message: what }) => `${path.join(".")}: ${what}`) ?? [];
}
