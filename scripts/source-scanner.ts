/**
 * Reads just enough of TypeScript to tell code from comments, strings and regular expressions, and to find
 * what a file imports. Needs no compiler, so that the checks are quick and do not break with one.
 */

export interface Import {
  readonly specifier: string;
  /** Counting from 1. */
  readonly line: number;
  /** What stands between `import` and `from`, blanks collapsed; empty for `import 'x'` and `import('x')`. */
  readonly clause: string;
}

/** The source with the inside of comments, strings and regular expressions blanked; same length, same lines. */
export function maskSource(source: string): string {
  const masked = source.split('');
  /** For each `${` that is open: how many braces are open inside it. */
  const templateDepths: number[] = [];
  let at = 0;
  const blank = (from: number, to: number): void => {
    for (let i = from; i < to && i < masked.length; i++) if (masked[i] !== '\n') masked[i] = ' ';
  };
  const skipTemplateText = (): void => {
    const from = at;
    while (at < source.length && source[at] !== '`' && !source.startsWith('${', at))
      at += source[at] === '\\' ? 2 : 1;
    blank(from, at);
    if (source[at] === '`') at++;
    else {
      templateDepths.push(0);
      at += 2;
    }
  };
  while (at < source.length) {
    const character = source[at];
    if (source.startsWith('//', at)) {
      const end = indexOrEnd(source, '\n', at);
      blank(at, end);
      at = end;
    } else if (source.startsWith('/*', at)) {
      const end = indexOrEnd(source, '*/', at + 2) + 2;
      blank(at, end);
      at = end;
    } else if (character === "'" || character === '"') {
      const end = endOfDelimited(source, at, character);
      blank(at + 1, end);
      at = end + 1;
    } else if (character === '/' && startsRegularExpression(masked, at)) {
      const end = endOfRegularExpression(source, at);
      blank(at + 1, end);
      at = end + 1;
    } else if (character === '`') {
      at++;
      skipTemplateText();
    } else if (character === '}' && templateDepths.at(-1) === 0) {
      templateDepths.pop();
      at++;
      skipTemplateText();
    } else {
      if (templateDepths.length > 0 && (character === '{' || character === '}')) {
        templateDepths[templateDepths.length - 1] += character === '{' ? 1 : -1;
      }
      at++;
    }
  }
  return masked.join('');
}

/** Every static import, re-export and `import()` of a constant name. */
export function importsOf(source: string): Import[] {
  const code = maskSource(source);
  const pattern =
    /(?<![.\w$#])(?:(?:import|export)\b([\w\s{},*$]*?)\bfrom\s*|import\s*\(\s*|import\s*)(['"])/g;
  const imports: Import[] = [];
  for (const match of code.matchAll(pattern)) {
    const start = match.index + match[0].length;
    const end = source.indexOf(match[2], start);
    imports.push({
      specifier: source.slice(start, end),
      line: lineOf(source, match.index),
      clause: (match[1] ?? '').replace(/\s+/g, ' ').trim(),
    });
  }
  return imports;
}

/** The line of an offset, counting from 1. */
export function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}

function indexOrEnd(source: string, text: string, from: number): number {
  const index = source.indexOf(text, from);
  return index < 0 ? source.length : index;
}

function endOfDelimited(source: string, start: number, delimiter: string): number {
  let at = start + 1;
  while (at < source.length && source[at] !== delimiter && source[at] !== '\n')
    at += source[at] === '\\' ? 2 : 1;
  return at;
}

function endOfRegularExpression(source: string, start: number): number {
  let inClass = false;
  let at = start + 1;
  while (at < source.length && source[at] !== '\n' && (inClass || source[at] !== '/')) {
    if (source[at] === '[') inClass = true;
    else if (source[at] === ']') inClass = false;
    at += source[at] === '\\' ? 2 : 1;
  }
  return at;
}

/** A slash divides behind a value, and begins a regular expression anywhere else. */
function startsRegularExpression(masked: readonly string[], slash: number): boolean {
  let at = slash - 1;
  while (at >= 0 && /\s/.test(masked[at])) at--;
  if (at < 0) return true;
  if (!/[\w$)\]}'"`]/.test(masked[at])) return masked[at] !== '<';
  const word = /[\w$]+$/.exec(masked.slice(Math.max(0, at - 10), at + 1).join(''))?.[0] ?? '';
  return ['return', 'typeof', 'case', 'in', 'of', 'void', 'yield', 'await', 'else', 'do'].includes(word);
}
