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
  // Should anything follow the first value, it is found below to be no JSON.
  endOfFirstValue(text);
  return JSON.parse(text);
}

/** Behind the object or array the text begins with; the text's length where that cannot be told. */
function endOfFirstValue(text: string): number {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === quote) index = endOfString(text, index + 1);
    else if (character === openBrace || character === openBracket) {
      if (++depth > maxDepth) throw new SyntaxError(`JSON is nested more than ${maxDepth} levels deep.`);
    } else if ((character === closeBrace || character === closeBracket) && --depth <= 0) return index + 1;
  }
  return text.length;
}

/** The quote that ends the string whose content begins at `index`: none behind an odd number of backslashes. */
function endOfString(text: string, index: number): number {
  for (let end = text.indexOf('"', index); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (end - backslashes > index && text.charCodeAt(end - backslashes - 1) === backslash) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
