/** Relations read as what they say: intervals, values, a difference from 0. */

import { some, symbolNames, type Node, type RelationNode, type RelationOperator, type SequenceNode } from "./nodes.ts";

/** `x > 3` is the interval (3, ∞). */
export function asInterval(relation: RelationNode): SequenceNode | undefined {
  const { operators, sides } = relation;
  const at = sides.findIndex((side) => side.kind === "symbol");
  if (at < 0 || sides.filter((side) => some(side, (node) => node.kind === "symbol")).length !== 1) return undefined;
  if (!operators.every((operator) => operator === "<" || operator === "<=") && !operators.every((operator) => operator === ">" || operator === ">=")) return undefined;
  const rising = operators[0]?.startsWith("<") === true;
  const [before, after] = [sides[at - 1], sides[at + 1]];
  const [lower, upper] = rising ? [before, after] : [after, before];
  const [below, above] = rising ? [operators[at - 1], operators[at]] : [operators[at], operators[at - 1]];
  const infinity: Node = { kind: "constant", name: "infinity" };
  return {
    kind: "sequence",
    open: lower && below?.endsWith("=") ? "[" : "(",
    close: upper && above?.endsWith("=") ? "]" : ")",
    items: [lower ?? { kind: "negate", of: infinity }, upper ?? infinity],
  };
}

export function variableOf(relation: RelationNode): string | undefined {
  return relation.sides.map(symbolName).find((name) => name !== undefined);
}

export function symbolName(node: Node): string | undefined {
  return node.kind === "symbol" ? node.name : undefined;
}

/** What an equation gives its left side: the right one, when the left is only a name for it. */
export function labelled(relation: RelationNode): Node | undefined {
  if (!relation.operators.every((operator) => operator === "=")) return undefined;
  const [left, right] = [relation.sides[0], relation.sides.at(-1)];
  if (!left || !right) return undefined;
  if (isLabel(left) || symbolNames(left).size === 0) return right;
  return isLabel(right) ? left : undefined;
}

/** A name, or a function of names: x, x_1, f(x), P(A). */
function isLabel(node: Node): boolean {
  if (node.kind === "symbol") return true;
  if (node.kind === "sequence") return node.open === "(" && node.items.length > 0 && node.items.every((item) => item.kind === "symbol");
  return node.kind === "binary" && node.operator === "*" && node.left.kind === "symbol" && /^[fghpqFGPQVASTED]$/.test(node.left.name) && !some(node.right, (inner) => inner.kind === "binary");
}

/** The values of equations: a tuple for `x = 1, y = 2`, a list for `x = 1, x = 2`. */
export function assignments(sequence: SequenceNode): SequenceNode | undefined {
  const values = sequence.items.map((item) => (item.kind === "relation" ? labelled(item) : undefined));
  if (values.length === 0 || !values.every((value) => value !== undefined)) return undefined;
  const labels = new Set(sequence.items.map((item) => (item.kind === "relation" ? variableOf(item) : undefined)));
  return { kind: "sequence", open: labels.size > 1 ? "(" : "", close: labels.size > 1 ? ")" : "", items: values };
}

interface Ends {
  readonly left: Node;
  readonly operator: RelationOperator;
  readonly right: Node;
}

export function ends(relation: RelationNode): Ends | undefined {
  const [left, right] = relation.sides;
  const [operator] = relation.operators;
  return relation.sides.length === 2 && left && right && operator ? { left, operator, right } : undefined;
}

/** An equation or inequality as `node ⋚ 0`, turned so that it is never `>`. */
export function difference({ left, operator, right }: Ends): { node: Node; operator: RelationOperator } {
  const turned = operator === ">" || operator === ">=";
  const node: Node = { kind: "binary", operator: "-", left: turned ? right : left, right: turned ? left : right };
  return { node, operator: operator === ">" ? "<" : operator === ">=" ? "<=" : operator };
}
