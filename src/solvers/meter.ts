import type { ChatModel, Usage } from "../model/types.ts";
import { sumUsage } from "../trajectory/usage.ts";

/** The same model, and what it has written since: also for turns that came to nothing. */
export function metered(model: ChatModel): { readonly model: ChatModel; usage(): Usage } {
  const usages: Usage[] = [];
  return {
    model: {
      id: model.id,
      can: model.can,
      async *generate(request) {
        for await (const event of model.generate(request)) {
          if (event.type === "done") usages.push(event.usage);
          yield event;
        }
      },
    },
    usage: () => sumUsage(usages),
  };
}
