import type { Fraction } from "fraction.js";

export type BinaryOperator = "+" | "-" | "*" | "/" | "^" | "±";
export type RelationOperator = "=" | "<" | ">" | "<=" | ">=" | "!=";

/** A parsed answer: an expression, or something built of them. */
export type Node =
  | {
      readonly kind: "number";
      /** Absent when it has too many digits to compute with. */
      readonly value: Fraction | undefined;
      /** Written with a decimal point or exponent, so perhaps rounded. */
      readonly decimal: boolean;
      /** Half a unit of the last digit, when it shows six significant digits or more. */
      readonly rounding?: number;
    }
  | { readonly kind: "symbol"; readonly name: string }
  | { readonly kind: "constant"; readonly name: "pi" | "e" | "i" | "infinity" }
  | { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: "negate"; readonly of: Node }
  | { readonly kind: "percent"; readonly of: Node }
  | { readonly kind: "degrees"; readonly of: Node }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[] }
  /** Digits with the base that they are written in. */
  | { readonly kind: "based"; readonly digits: string; readonly base: string }
  /** `open` and `close` are empty for items that stand bare, separated by commas or words. */
  | { readonly kind: "sequence"; readonly open: "(" | "[" | "{" | ""; readonly close: ")" | "]" | "}" | ""; readonly items: readonly Node[] }
  | { readonly kind: "relation"; readonly operators: readonly RelationOperator[]; readonly sides: readonly Node[] }
  | { readonly kind: "union"; readonly parts: readonly Node[] }
  | { readonly kind: "matrix"; readonly rows: readonly (readonly Node[])[] }
  | { readonly kind: "text"; readonly text: string };

export type SequenceNode = Extract<Node, { kind: "sequence" }>;
export type RelationNode = Extract<Node, { kind: "relation" }>;

/** The nodes directly within one. */
export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case "binary":
      return [node.left, node.right];
    case "negate":
    case "percent":
    case "degrees":
      return [node.of];
    case "call":
      return node.args;
    case "sequence":
      return node.items;
    case "relation":
      return node.sides;
    case "union":
      return node.parts;
    case "matrix":
      return node.rows.flat();
    case "number":
    case "symbol":
    case "constant":
    case "based":
    case "text":
      return [];
  }
}

/** Whether a node, or one within it, is so. */
export function some(node: Node, is: (node: Node) => boolean): boolean {
  return is(node) || children(node).some((child) => some(child, is));
}

/** The variables of nodes. */
export function symbolNames(...nodes: readonly Node[]): Set<string> {
  const found = new Set<string>();
  for (const node of nodes) {
    some(node, (inner) => {
      if (inner.kind === "symbol") found.add(inner.name);
      return false;
    });
  }
  return found;
}
