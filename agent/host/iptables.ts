// Rules of the packet filter as iptables prints them (`-S`), and as the argument lists that they are.
import { run } from "./run.ts";

export type Filter = { family: "ipv4" | "ipv6"; backend: "legacy" | "nft"; table: string };

/** The words of a printed rule: blanks separate, quotes hold together, a backslash takes the next character as it is. */
export function splitRule(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i] ?? "";
    if (c === "\\" && quoted && i + 1 < line.length) word = (word ?? "") + line[++i];
    else if (c === '"') {
      quoted = !quoted;
      word ??= "";
    } else if (/\s/.test(c) && !quoted) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + c;
  }
  if (word !== null) words.push(word);
  return words;
}

/** The rules of a chain in order, each without its leading "-A CHAIN". */
export const parseRules = (text: string, chain: string): string[][] =>
  text
    .split("\n")
    .map(splitRule)
    .filter(([verb, name]) => verb === "-A" && name === chain)
    .map((words) => words.slice(2));

/** What a rule does: the word after -j or -g; null for one that only counts. */
export function targetOf(rule: readonly string[]): string | null {
  const at = rule.findIndex((word) => word === "-j" || word === "-g" || word === "--jump" || word === "--goto");
  return at < 0 ? null : (rule[at + 1] ?? null);
}

export const sameRule = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((word, i) => word === b[i]);

/** Programs by family and backend; where a distribution has only one backend, its program has no ending. */
const programs = ({ family, backend }: Filter): string[] => {
  const name = family === "ipv4" ? "iptables" : "ip6tables";
  return [`${name}-${backend}`, name];
};

/** The program that speaks to that backend, null when there is none here. */
export async function iptablesOf(filter: Filter): Promise<string | null> {
  for (const program of programs(filter)) {
    const { code, stdout } = await run([program, "--version"], { timeoutMs: 5_000 });
    if (code === 0 && stdout.includes("nf_tables") === (filter.backend === "nft")) return program;
  }
  return null;
}
