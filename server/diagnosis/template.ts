// What texts have in common that differ only in names and numbers: groups questions that nobody could answer yet. Pure.

const TEMPLATE_MAX = 300;
const LINES_MAX = 3;

/** What changes from one case to the next, most particular first. */
const CHANGING: readonly [RegExp, string][] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*/g, "<time>"],
  [/\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\b/g, "<time>"],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "<id>"],
  [/\b(?:sha256:)?[0-9a-f]{12,64}\b/gi, "<id>"],
  [/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"']+/gi, "<url>"],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d+)?/g, "<address>"],
  [/"[^"\n]{1,300}"|'[^'\n]{1,300}'/g, "<name>"],
  [/(?<![\w.])(?:\/[\w@.+:-]*[\w@+-])+/g, "<path>"],
  // Names with a hash or number: pods, nodes, volumes.
  [/\b[a-z0-9]+(?:[-.][a-z0-9]+)*-[a-z0-9]*\d[a-z0-9-]*\b/gi, "<name>"],
  [/\b0x[0-9a-f]+\b|\b[0-9a-f]{8,}\b/gi, "<id>"],
  [/\d+(?:\.\d+)?/g, "<n>"],
];

/**
 * @param text as stored: secrets left out
 * @param chain errors outer to inner; the inner ones say what is wrong
 */
export function templateOf(text: string, chain: readonly { text: string }[]): string {
  const inner = chain.slice(-2).map((link) => link.text);
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const said = inner.length > 1 ? inner.join(": ") : lines.slice(0, LINES_MAX).join(" | ");
  let template = said.slice(0, 2_000);
  for (const [pattern, word] of CHANGING) template = template.replace(pattern, word);
  return template.replace(/\s+/g, " ").trim().toLowerCase().slice(0, TEMPLATE_MAX).toWellFormed();
}
