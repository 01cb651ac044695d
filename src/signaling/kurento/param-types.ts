/** Types of parameters. Kurento takes numbers and booleans as text too; what is no such thing is error 40001. */
import * as v from 'valibot';

export const text = v.string();

export const boolean = v.pipe(
  v.unknown(),
  v.transform((value) => (value === 'true' ? true : value === 'false' ? false : value)),
  v.boolean(),
);

const number = v.pipe(
  v.unknown(),
  v.transform((value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value)),
  v.number(),
  v.finite(),
);

export const float = number;
export const integer = v.pipe(
  number,
  v.transform((value) => Math.trunc(value)),
  v.minValue(-2_147_483_648),
  v.maxValue(2_147_483_647),
);

/** One of a few words; `name` is what Kurento calls the type. */
export function enumeration<const Words extends readonly string[]>(name: string, words: Words) {
  return v.picklist(words, `Invalid value for '${name}'`);
}

export const mediaTypes = ['AUDIO', 'VIDEO', 'DATA'] as const;
export type MediaType = (typeof mediaTypes)[number];
export const mediaType = enumeration('MediaType', mediaTypes);

const articles: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'a boolean',
  Object: 'an object',
  Array: 'an array',
};

/** What is wrong, in the words of the original; `where` names parameters that are missing altogether. */
export function describeIssue(issue: v.BaseIssue<unknown>, where: string): string {
  const path = issue.path?.map(({ key }) => String(key)).join('.');
  if (issue.type === 'picklist' || issue.type === 'union') return issue.message;
  if (path === undefined) return `'${where}' should be ${articles[issue.expected ?? ''] ?? issue.expected}`;
  if (issue.received === 'undefined') return `'${path}' parameter is required`;
  if (issue.kind === 'validation') return `Invalid value for '${path}'`;
  return `'${path}' parameter should be ${articles[issue.expected ?? ''] ?? issue.expected}`;
}
