/** A range of ports as text: `50000-50100`, or `50000,50100`. */

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Ports below are the system's. */
const lowestPort = 1024;
const highestPort = 65_535;

export const portRangeExpected = `must be two ports from ${lowestPort} to ${highestPort}, the lower first, such as 50000-50100`;

/** The range a text names; null where it names none. */
export function parsePortRange(text: string): PortRange | null {
  const match = /^(\d{1,5})\s*[-,]\s*(\d{1,5})$/.exec(text.trim());
  if (match === null) return null;
  const [first, last] = [Number(match[1]), Number(match[2])];
  return first >= lowestPort && first <= last && last <= highestPort ? { first, last } : null;
}

export function rangesOverlap(one: PortRange, other: PortRange): boolean {
  return one.first <= other.last && other.first <= one.last;
}
