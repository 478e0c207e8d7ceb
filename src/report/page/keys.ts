import { useLayoutEffect } from "preact/hooks";

/** What the keyboard does, in the order of the help. */
export const keyHelp: readonly (readonly [keys: string, does: string])[] = [
  ["j  k  or  ↓  ↑", "next, previous trajectory"],
  ["Home  End", "first, last"],
  ["/", "search"],
  ["n  p", "next, previous step"],
  ["c", "compare with another run of this question"],
  ["← →", "on a candidate: the one beside it"],
  ["Esc", "back to the list"],
  ["d", "dark or light"],
  ["?", "this help"],
];

export type KeyActions = Readonly<Record<string, () => void>>;

/** Calls the action of a key, unless one is typing; arrows scroll where a trajectory has the focus. */
export function useKeys(actions: KeyActions): void {
  // A plain effect comes after the paint: a key pressed before it would act on a list that is no longer shown.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target instanceof HTMLElement ? event.target : undefined;
      const typing = target?.matches("input, select, textarea") ?? false;
      if (typing && event.key === "Escape") target?.blur();
      if (typing || (target?.closest(".pane, [role=tablist]") && /^(?:Arrow|Home|End)/.test(event.key))) return;
      const action = actions[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [actions]);
}
