import { Fraction } from "fraction.js";
import { closeDecimals, equalValues, isUnknown } from "./close.ts";
import { Budget, BudgetSpent, evaluate, isExact, toComplex, type Point, type Value } from "./evaluate.ts";
import { some, symbolNames, type Node, type RelationNode } from "./nodes.ts";
import { asInterval, assignments, difference, ends, labelled, symbolName, variableOf } from "./relations.ts";

/** Operations of one comparison; the longest honest answers take a few thousand. */
const budgetOfComparison = 40_000;
/** Longer sequences are compared in order. */
const maxUnordered = 60;

/** Values at which expressions with variables are compared; half of them negative. */
const samples = [[17, 23], [-31, 37], [29, 13], [-7, 11], [41, 19], [-61, 43], [3, 29], [-53, 47]].map(([n = 0, d = 1]) => new Fraction(n, d));

/** Whether two parsed answers say the same; `gold` decides what notation is asked for. Takes bounded time. */
export function equalNodes(answer: Node, gold: Node): boolean {
  try {
    return new Comparison().equal(unwrap(answer), unwrap(gold));
  } catch (error) {
    if (error instanceof BudgetSpent) return false;
    throw error;
  }
}

class Comparison {
  readonly #budget = new Budget(budgetOfComparison);

  equal(answer: Node, gold: Node): boolean {
    this.#budget.spend();
    if (answer.kind === "relation" || gold.kind === "relation") return this.#relations(answer, gold);
    if (answer.kind === "based" || gold.kind === "based") return this.#based(answer, gold);
    const [a, b] = [asRows(answer, gold), asRows(gold, answer)];
    if (a || b) return this.#matrices(a, b, answer, gold);
    const [these, those] = [splitSigns(answer), splitSigns(gold)];
    if (these.kind === "union" || those.kind === "union") return this.#unordered(parts(these), parts(those));
    if (these.kind === "sequence" || those.kind === "sequence") return this.#sequences(these, those);
    return this.#values(these, those);
  }

  #values(answer: Node, gold: Node): boolean {
    if (answer.kind === "percent" && gold.kind === "percent") return this.#numbers(answer.of, gold.of);
    // 10 and 0.1 both say 10 %.
    if (gold.kind === "percent") return this.#numbers(answer, gold.of) || this.#numbers(answer, gold);
    if (answer.kind === "percent") return this.#numbers(answer.of, gold) || this.#numbers(answer, gold);
    return this.#numbers(answer, gold);
  }

  #numbers(answer: Node, gold: Node): boolean {
    const variables = symbolNames(answer, gold);
    if (variables.size === 0) {
      const [a, b] = [this.#at(answer, noPoint), this.#at(gold, noPoint)];
      const decimal = isDecimal(answer) || isDecimal(gold);
      return decimal ? closeDecimals(a, b, rounding(answer), rounding(gold)) : equalValues(a, b);
    }
    if (variables.size > 12) return false;
    return this.#everywhere(answer, gold, [...variables], (a, b) => equalValues(a, b));
  }

  /** Whether two expressions agree wherever both can be computed, at four places or more. */
  #everywhere(answer: Node, gold: Node, variables: readonly string[], agree: (a: Value, b: Value) => boolean): boolean {
    const positive = isPositiveOnly(answer) || isPositiveOnly(gold);
    let compared = 0;
    for (let index = 0; index < samples.length; index += 1) {
      const point = pointAt(index, variables, positive);
      const [a, b] = [this.#at(answer, point), this.#at(gold, point)];
      if (isUnknown(a) && isUnknown(b)) continue;
      if (!agree(a, b)) return false;
      compared += 1;
    }
    return compared >= 4;
  }

  #at(node: Node, point: Point): Value {
    return evaluate(node, point, this.#budget);
  }

  #relations(answer: Node, gold: Node): boolean {
    if (answer.kind === "relation" && gold.kind === "relation") {
      const [a, b] = [asInterval(answer), asInterval(gold)];
      if (a && b) return variableOf(answer) === variableOf(gold) && this.equal(a, b);
      return this.#equations(answer, gold);
    }
    const relation = answer.kind === "relation" ? answer : gold.kind === "relation" ? gold : undefined;
    if (!relation) return false;
    const other = answer.kind === "relation" ? gold : answer;
    const said = asInterval(relation) ?? labelled(relation);
    return said !== undefined && (answer.kind === "relation" ? this.equal(said, other) : this.equal(other, said));
  }

  #equations(answer: RelationNode, gold: RelationNode): boolean {
    const [a, b] = [ends(answer), ends(gold)];
    if (!a || !b) return false;
    // Text on one side and the same text on the other: x = 5 and x = 5.0.
    if (a.operator === b.operator && symbolName(a.left) !== undefined && symbolName(a.left) === symbolName(b.left)) {
      if (this.equal(a.right, b.right)) return true;
    }
    const [first, second] = [difference(a), difference(b)];
    if (first.operator !== second.operator) return false;
    const variables = [...symbolNames(first.node, second.node)];
    if (variables.length === 0) {
      const [said, asked] = [labelled(answer), labelled(gold)];
      return said !== undefined && asked !== undefined && this.equal(said, asked);
    }
    let ratio: Value | undefined;
    return this.#everywhere(first.node, second.node, variables, (left, right) => {
      const [x, y] = [toComplex(left), toComplex(right)];
      if (x.abs() < 1e-9 || y.abs() < 1e-9) return x.abs() < 1e-9 && y.abs() < 1e-9;
      const quotient = isExact(left) && isExact(right) ? left.div(right) : x.div(y);
      ratio ??= quotient;
      return equalValues(quotient, ratio) && (second.operator === "=" || second.operator === "!=" || toComplex(quotient).re > 0);
    });
  }

  #sequences(answer: Node, gold: Node): boolean {
    if (gold.kind !== "sequence" || answer.kind !== "sequence") {
      const items = gold.kind === "sequence" ? gold.items : answer.kind === "sequence" ? answer.items : [];
      const other = gold.kind === "sequence" ? answer : gold;
      const sequence = gold.kind === "sequence" ? gold : answer;
      // Items that all say the same, as in `7/10 or 0.7`, are one.
      return items.length > 0 && (items.length === 1 ? isClosed(sequence) : isBare(sequence)) && items.every((item) => this.equal(other, item));
    }
    if (answer.items.length !== gold.items.length) return false;
    const [a, b] = [assignments(answer), assignments(gold)];
    if (a && b) return this.#unordered(answer.items, gold.items);
    if (a) return this.#sequences(a, gold);
    if (b) return this.#sequences(answer, b);
    if (gold.open === "" || gold.open === "{") return this.#unordered(answer.items, gold.items);
    if (answer.open === "{") return false;
    // Two items in brackets are an interval too, where the brackets say which ends belong to it.
    const interval = gold.items.length === 2;
    const sameFence = answer.open === gold.open && answer.close === gold.close;
    const bareTuple = answer.open === "" && gold.open === "(" && gold.close === ")";
    if (interval && !sameFence && !bareTuple) return false;
    return this.#ordered(answer.items, gold.items);
  }

  #ordered(answers: readonly Node[], golds: readonly Node[]): boolean {
    return answers.length === golds.length && answers.every((answer, index) => this.equal(answer, golds[index] ?? answer));
  }

  /** Every one of the one has its own equal among the other. */
  #unordered(answers: readonly Node[], golds: readonly Node[]): boolean {
    if (answers.length !== golds.length) return false;
    if (golds.length > maxUnordered) return this.#ordered(answers, golds);
    const left = [...answers];
    return golds.every((gold) => {
      const at = left.findIndex((answer) => this.equal(answer, gold));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
  }

  #based(answer: Node, gold: Node): boolean {
    if (answer.kind === "based" && gold.kind === "based") return answer.digits === gold.digits && answer.base === gold.base;
    // A question that asks for a base is answered in it, with or without saying so.
    const based = answer.kind === "based" ? answer : gold.kind === "based" ? gold : undefined;
    const other = answer.kind === "based" ? gold : answer;
    if (!based || !/^-?\d+$/.test(based.digits) || symbolNames(other).size > 0) return false;
    const value = this.#at(other, noPoint);
    return isExact(value) && value.equals(new Fraction(based.digits));
  }

  #matrices(a: Rows | undefined, b: Rows | undefined, answer: Node, gold: Node): boolean {
    if (a && b) {
      if (a.length === b.length && a.every((row, index) => row.length === b[index]?.length)) {
        return a.every((row, index) => this.#ordered(row, b[index] ?? []));
      }
      return false;
    }
    // A vector may be written as a tuple.
    const vector = a ?? b;
    const tuple = a ? gold : answer;
    if (!vector || tuple.kind !== "sequence" || tuple.open === "{") return false;
    const flat = vector.length === 1 ? vector[0] : vector.every((row) => row.length === 1) ? vector.flat() : undefined;
    return flat !== undefined && (a ? this.#ordered(flat, tuple.items) : this.#ordered(tuple.items, flat));
  }
}

type Rows = readonly (readonly Node[])[];

/** The rows of a matrix, or of lists of lists where the other side is a matrix or such lists. */
function asRows(node: Node, other: Node): Rows | undefined {
  if (node.kind === "matrix") return node.rows;
  if (node.kind !== "sequence" || node.open === "{" || other.kind !== "matrix" || node.items.length === 0) return undefined;
  const rows = node.items.map((item) => (item.kind === "sequence" && item.open !== "{" ? item.items : undefined));
  return rows.every((row) => row !== undefined) ? rows : undefined;
}

/** The braces that a lone expression stands in say nothing. */
function unwrap(node: Node): Node {
  return node.kind === "sequence" && node.items.length === 1 && node.open === "{" && node.items[0] ? node.items[0] : node;
}

function isClosed(node: Node): boolean {
  return node.kind === "sequence" && (node.open === "{" || node.open === "[");
}

function isBare(node: Node): boolean {
  return node.kind === "sequence" && node.open === "";
}

function parts(node: Node): readonly Node[] {
  return node.kind === "union" ? node.parts : [node];
}

/** `a ± b` is two values, wherever the sign stands. */
function splitSigns(node: Node): Node {
  if (node.kind === "sequence" && (node.open === "" || node.open === "{") && node.items.some(hasSign)) {
    return { ...node, items: node.items.flatMap((item) => (hasSign(item) ? [sign(item, "+"), sign(item, "-")] : [item])) };
  }
  if (node.kind === "sequence" && node.open === "" && node.items.every((item) => item.kind === "relation" && asInterval(item))) {
    return { kind: "union", parts: node.items.map((item) => (item.kind === "relation" ? (asInterval(item) ?? item) : item)) };
  }
  return node.kind !== "sequence" && hasSign(node) ? { kind: "sequence", open: "", close: "", items: [sign(node, "+"), sign(node, "-")] } : node;
}

function hasSign(node: Node): boolean {
  return node.kind !== "sequence" && some(node, (inner) => inner.kind === "binary" && inner.operator === "±");
}

function sign(node: Node, operator: "+" | "-"): Node {
  switch (node.kind) {
    case "binary":
      return { ...node, operator: node.operator === "±" ? operator : node.operator, left: sign(node.left, operator), right: sign(node.right, operator) };
    case "negate":
    case "percent":
    case "degrees":
      return { ...node, of: sign(node.of, operator) };
    case "call":
      return { ...node, args: node.args.map((arg) => sign(arg, operator)) };
    case "relation":
      return { ...node, sides: node.sides.map((side) => sign(side, operator)) };
    default:
      return node;
  }
}

/** Roots and logarithms of variables are taken to be real. */
function isPositiveOnly(node: Node): boolean {
  const rooted = some(node, (inner) => {
    if (inner.kind === "call") return /^(?:sqrt|cbrt|root|log|ln|lg|log2|log10)$/.test(inner.name) && inner.args.some((arg) => symbolNames(arg).size > 0);
    return inner.kind === "binary" && inner.operator === "^" && symbolNames(inner.left).size > 0 && inner.right.kind !== "number";
  });
  return rooted && !some(node, (inner) => inner.kind === "call" && /^[aA]bs$/.test(inner.name));
}

function pointAt(index: number, variables: readonly string[], positive: boolean): Point {
  const values = new Map(
    variables.map((name, at) => {
      const sample = samples[(index + 3 * at) % samples.length] ?? new Fraction(1);
      const value = sample.add(new Fraction(2 * at, 31));
      return [name, positive ? value.abs() : value];
    }),
  );
  return (name) => values.get(name) ?? new Fraction(1);
}

const noPoint: Point = () => new Fraction(0);

function isDecimal(node: Node): boolean {
  return some(node, (inner) => inner.kind === "number" && inner.decimal);
}

/** Half a unit of the last place of an answer that is one long decimal. */
function rounding(node: Node): number {
  if (node.kind === "negate") return rounding(node.of);
  return node.kind === "number" ? (node.rounding ?? 0) : 0;
}
