/** Entity tags and If-Match (RFC 9110 §8.8.3 and §13.1.1), by which WHIP tells ICE sessions apart (RFC 9725 §4.3.1). */

/** What an If-Match header asks for: any representation, or one of these opaque tags. */
export type IfMatch = 'any' | readonly string[];

const maxTags = 16;

/**
 * Reads an If-Match header. Weak tags never match (the comparison is strong) and are left out; RFC 9725's own
 * examples quote the asterisk, so that is taken for an asterisk too.
 */
export function parseIfMatch(header: string): IfMatch {
  const text = header.trim();
  if (text === '*' || text === '"*"') return 'any';
  const tags: string[] = [];
  for (const match of text.matchAll(/(W\/)?"([^"]*)"/g)) {
    if (tags.length === maxTags) break;
    if (match[1] === undefined) tags.push(match[2]);
  }
  // Some clients drop the quotes.
  if (tags.length === 0 && /^[\w-]+$/.test(text)) tags.push(text);
  return tags;
}

export function matches(condition: IfMatch, opaqueTag: string): boolean {
  return condition === 'any' || condition.includes(opaqueTag);
}

export function formatEntityTag(opaqueTag: string): string {
  return `"${opaqueTag}"`;
}
