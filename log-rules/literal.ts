// The plain texts one of which stands in every match of a pattern: what the index looks for before any regular expression runs.

/** Shorter ones would let half of all lines through. */
const LITERAL_MIN = 4;
/** More alternatives than this are no filter. */
const ALTERNATIVES_MAX = 24;

const shortest = (texts: readonly string[]) => Math.min(...texts.map((text) => text.length));

/** Place of the bracket that closes the group or class opening at `from`. */
function closing(pattern: string, from: number): number {
  let depth = 0;
  let isClass = false;
  for (let at = from; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === "\\") at++;
    else if (isClass) isClass = char !== "]";
    else if (char === "[") isClass = true;
    else if (char === "(") depth++;
    else if (char === ")") depth--;
    if (depth === 0 && !isClass) return at;
  }
  throw new Error(`${pattern}: a bracket is not closed`);
}

/** Parts between the bars that stand outside of groups and classes. */
function alternatives(pattern: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === "\\") at++;
    else if (char === "(" || char === "[") at = closing(pattern, at);
    else if (char === "|") {
      parts.push(pattern.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, pattern.slice(from)];
}

/** Runs of plain characters, and groups that cannot be left out, of a pattern without bars at its top level. */
function candidates(pattern: string): string[][] {
  const found: string[][] = [];
  let run = "";
  const end = () => {
    if (run !== "") found.push([run]);
    run = "";
  };
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === "(" || char === "[") {
      end();
      const close = closing(pattern, at);
      const isOptional = /[*?{]/.test(pattern.charAt(close + 1));
      const inner = pattern.slice(at + 1, close).replace(/^\?(?:P?<\w+>|:)/, "");
      if (char === "(" && !isOptional) found.push(bestOf(inner));
      at = close;
    } else if (char === "\\") {
      const next = pattern.charAt(++at);
      if (/[A-Za-z0-9]/.test(next)) end();
      else run += next;
    } else if (char === "*" || char === "?" || char === "{") {
      run = run.slice(0, -1); // what it stands behind may be missing
      end();
      if (char === "{") at = pattern.indexOf("}", at);
    } else if (/[.^$+]/.test(char)) end();
    else run += char;
  }
  end();
  return found;
}

/** The set whose shortest text is longest; empty texts when there is none. */
function bestOf(pattern: string): string[] {
  return alternatives(pattern).flatMap((part) => {
    const all = candidates(part).filter((texts) => texts.length > 0 && texts.length <= ALTERNATIVES_MAX);
    return all.reduce((best, texts) => (shortest(texts) > shortest(best) ? texts : best), [""]);
  });
}

/**
 * Texts of which every match of the pattern contains at least one.
 * @throws Error when the pattern has no such texts of `charsMin` characters (four unless told)
 */
export function literalsOf(pattern: string, charsMin = LITERAL_MIN): string[] {
  const texts = [...new Set(bestOf(pattern))];
  if (texts.length === 0 || shortest(texts) < charsMin)
    throw new Error(`${pattern}: no plain text of ${charsMin} characters to look for`);
  return texts;
}
