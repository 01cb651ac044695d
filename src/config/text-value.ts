/** Reads values that come as text, from the environment or the command line. */
import type { KeyKind } from './key-types.ts';

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

/** The value a text stands for. What cannot be read stays text, for the schema to refuse with its reason. */
export function valueOfText(kind: KeyKind, text: string): unknown {
  switch (kind) {
    case 'integer':
      return /^[+-]?\d+$/.test(text.trim()) ? Number(text) : text;
    case 'switch':
      return truths[text.trim().toLowerCase()] ?? text;
    case 'list':
      return commaSeparated(text);
    case 'ice-servers':
      return text.trim().startsWith('[') ? parseJson(text) : commaSeparated(text);
    default:
      return text;
  }
}

function commaSeparated(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
