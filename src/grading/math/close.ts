import { isExact, toComplex, type Value } from "./evaluate.ts";

/** How far a decimal may be from the exact value, relative to it. */
const decimalTolerance = 1e-6;
/** How far two inexact values of equal expressions may be apart: what rounding in doubles explains. */
const roundingTolerance = 1e-9;

export function isUnknown(value: Value): boolean {
  return !isExact(value) && (Number.isNaN(value.re) || Number.isNaN(value.im));
}

export function equalValues(a: Value, b: Value): boolean {
  if (isExact(a) && isExact(b)) return a.equals(b);
  const [x, y] = [toComplex(a), toComplex(b)];
  if (x.re === y.re && x.im === y.im) return true;
  const size = Math.max(Math.hypot(x.re, x.im), Math.hypot(y.re, y.im));
  return Number.isFinite(size) && Math.hypot(x.re - y.re, x.im - y.im) <= Math.max(roundingTolerance * size, 1e-12);
}

/** Whole numbers are equal or not; other decimals may be rounded. */
export function closeDecimals(a: Value, b: Value, ...roundings: readonly number[]): boolean {
  if (isExact(a) && isExact(b)) {
    if (a.equals(b)) return true;
    const largest = 2n ** 53n;
    if (a.d === 1n && b.d === 1n && a.n < largest && b.n < largest) return false;
  }
  if (equalValues(a, b)) return true;
  const [x, y] = [toComplex(a), toComplex(b)];
  const size = Math.max(Math.hypot(x.re, x.im), Math.hypot(y.re, y.im));
  const distance = Math.hypot(x.re - y.re, x.im - y.im);
  return Number.isFinite(size) && distance <= Math.max(decimalTolerance * size * (1 + 1e-9), ...roundings.map((half) => half * (1 + 1e-9)));
}
