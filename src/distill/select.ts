import { ApprenticeError } from "../errors.ts";
import type { Stage } from "./stage.ts";

/**
 * Some of the stages, by `NAME` or `KIND/NAME`, and those that they need, in the order of all. An evaluation's name stands for
 * its stages on all its questions.
 *
 * @throws `option_invalid` for a name that no stage has.
 */
export function selectStages(stages: readonly Stage[], names: readonly string[]): Stage[] {
  const wanted = new Set<Stage>();
  const want = (stage: Stage): void => {
    wanted.add(stage);
    stage.needs.forEach(want);
  };
  for (const name of names) {
    const meant = stages.filter((stage) => namesOf(stage).includes(name));
    if (meant.length === 0) throw new ApprenticeError("option_invalid", `No stage is called "${name}": there are ${stages.map(({ kind, name: each }) => `${kind}/${each}`).join(", ")}.`);
    meant.forEach(want);
  }
  return stages.filter((stage) => wanted.has(stage));
}

function namesOf({ kind, name, evaluation }: Stage): string[] {
  return [name, ...(evaluation === undefined ? [] : [evaluation])].flatMap((each) => [each, `${kind}/${each}`]);
}
