/** JSON of strangers: none that is nested for its own sake. */

/** No dialect needs more than ten. */
const maxDepth = 32;

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Parses the first JSON value of `text`; what follows it is ignored, as the original does.
 * @throws SyntaxError for what is not JSON, or nested more than 32 levels deep
 */
export function parseFirstJson(text: string): unknown {
  return JSON.parse(text.slice(0, endOfFirstValue(text)));
}

/**
 * Parses a text that is one JSON value.
 * @throws SyntaxError for what is not JSON, or nested more than 32 levels deep
 */
export function parseBoundedJson(text: string): unknown {
  let depth = 0;
  let deepest = 0;
  // Brackets within strings count as well at first: rarely are there so many, and a mere count is fast.
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === openBrace || character === openBracket) {
      if (++depth > deepest) deepest = depth;
    } else if (character === closeBrace || character === closeBracket) depth--;
  }
  if (deepest > maxDepth) endOfFirstValue(text);
  return JSON.parse(text);
}

/** Behind the object or array the text begins with; the text's length where that cannot be told. */
function endOfFirstValue(text: string): number {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (quoted) {
      if (character === backslash) index++;
      else if (character === quote) quoted = false;
      continue;
    }
    if (character === quote) quoted = true;
    else if (character === openBrace || character === openBracket) {
      if (++depth > maxDepth) throw new SyntaxError(`JSON is nested more than ${maxDepth} levels deep.`);
    } else if ((character === closeBrace || character === closeBracket) && --depth <= 0) return index + 1;
  }
  return text.length;
}
