// Front matter of an article: YAML and nothing else. Pure. Articles are also written in the console, so that what stands here comes from anybody.
import matter from "gray-matter";

const refuse = (): never => {
  throw new Error("front matter is written in YAML");
};
// gray-matter runs what follows `---js`; every engine but YAML is shut. Options also keep it from remembering each text.
const OPTIONS = {
  language: "yaml",
  engines: { js: refuse, javascript: refuse, json: refuse, coffee: refuse, toml: refuse },
};

/** Bytes an alias of YAML can grow to do not matter below this size of the whole. */
const CHARS_MAX = 100_000;

/**
 * Data and the markdown below it.
 * @throws Error for a text without front matter, in another language than YAML, too long, or that YAML cannot read
 */
export function readFrontMatter(text: string): { data: Record<string, unknown>; content: string } {
  if (!/^---\r?\n/.test(text)) throw new Error("it must begin with front matter: a line ---, title: …, a line ---");
  if (text.length > CHARS_MAX) throw new Error("it is too long for an article");
  const { data, content } = matter(text, OPTIONS);
  return { data, content };
}
