// Takes secrets out of what people paste before it is stored or sent anywhere, and tells where every position went. Pure.
// The answer is worked out from the text as it came, so that leaving something out never changes it.

/** What stands in a secret's place. */
export const GONE = "(left out)";

export type Range = { start: number; end: number };

/** Text without its secrets; `at` leads a position of the input to the place in `text`. */
export type Redacted = { text: string; count: number; at: (position: number) => number };

type Rule = {
  pattern: RegExp;
  /** Group that holds the secret; the whole match where it is 0. */
  group: number;
  /** Whether what was found is one, where the name alone does not say so. */
  isSecret?: (value: string) => boolean;
};

const QUOTED_OR_PLAIN = String.raw`("(?:[^"\\\n]|\\.){1,4000}"?|'[^'\n]{1,4000}'?|[^\s"'&,;}\])]{1,4000})`;

/** Words, states and names that stand behind "token:" and the like in errors; a secret is longer, or has digits or both cases in it. */
const isWord = (value: string): boolean => /^["'\\]{0,2}[A-Za-z]?[a-z-]{0,14}["'\\:.]{0,3}$/.test(value);
/** "password is wrong", "was refused". */
const isPlainWord = (value: string): boolean => /^[a-z]{1,14}[.!]?$/.test(value);
const isFileOrTime = (value: string): boolean => /^["']?(?:\/[\w./-]+|\d{1,4}(?:ms|s|m|h|d)?)["']?$/.test(value);

const RULES: readonly Rule[] = [
  {
    // Up to the next five dashes: the end of the key, or where it was cut.
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,100000}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
    group: 0,
  },
  // User and password of a URL; its query when it is signed.
  { pattern: /\b[a-z][a-z0-9+.-]{0,20}:\/\/([^\s/?#"'@]{1,500}(?::[^\s/?#"']{0,500})?)@/dgi, group: 1 },
  {
    pattern:
      /[?&](?:[\w.-]{0,60}(?:sig|signature|token|credential|secret|password|access_?key)[\w.-]{0,20})=([^\s"'&<>\\]{1,4000})/dgi,
    group: 1,
  },
  { pattern: /\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?((?:[A-Za-z-]{2,20}\s+)?[^\s"',;]{4,4000})/dgi, group: 1 },
  { pattern: /\b(?:set-)?cookie["']?\s*[:=]\s*["']?([^\n"']{4,4000})/dgi, group: 1 },
  { pattern: /\b(?:bearer|basic)\s+([\w.~+/=-]{8,4000})/dgi, group: 1, isSecret: (value) => !isWord(value) },
  // JSON web tokens, and keys that say by their beginning what they are.
  { pattern: /\beyJ[\w-]{8,4000}\.[\w-]{4,4000}(?:\.[\w-]{0,4000})?/g, group: 0 },
  {
    pattern:
      /\b(?:gh[pousr]_\w{20,255}|github_pat_\w{20,255}|glpat-[\w-]{16,64}|xox[abprs]-[\w-]{10,250}|sk-[\w-]{20,200}|[sr]k_(?:live|test)_\w{16,200}|ya29\.[\w-]{20,400}|nopt_[\w-]{20,100}|dckr_pat_[\w-]{16,80}|hf_\w{20,80}|npm_\w{30,80}|AIza[\w-]{30,60}|(?:AKIA|ASIA)[A-Z0-9]{12,30}|LTAI\w{12,30})\b/g,
    group: 0,
  },
  {
    pattern: new RegExp(
      String.raw`(?:passw(?:or)?d|passphrase|pwd|_pass)\\?["']?\s{0,3}[:=]\s{0,3}${QUOTED_OR_PLAIN}`,
      "gid",
    ),
    group: 1,
    isSecret: (value) => !isFileOrTime(value),
  },
  {
    pattern: new RegExp(
      String.raw`(?:token|secret|api[-_]?key|access[-_]?key(?:[-_]?id)?|account[-_]?key|private[-_]?key|client[-_]?key|client[-_]?secret|credentials?|signature|dockerconfigjson|dockercfg)(?:[-_]data)?\\?["']?\s{0,3}[:=]\s{0,3}${QUOTED_OR_PLAIN}`,
      "gid",
    ),
    group: 1,
    isSecret: (value) => !isWord(value) && !isFileOrTime(value),
  },
  {
    pattern:
      /(?<!\S)--?[\w-]{0,40}(?:passw(?:or)?d|passphrase|token|secret|api-?key)[\s=]+(?!-)("[^"\n]{1,500}"|'[^'\n]{1,500}'|[^\s"']{1,500})/dgi,
    group: 1,
    isSecret: (value) => !isFileOrTime(value),
  },
  // The same said in Chinese, and in a sentence.
  {
    pattern:
      /(?:密码|口令|密钥|令牌|凭据|凭证)(?:\s{0,3}[:：=＝]\s{0,3}|\s{0,3}[是为]\s{0,3}[:：]?\s{0,3})["'“「]?([!-~]{4,4000})/dg,
    group: 1,
  },
  {
    pattern: /\b(?:password|passwd|passphrase)\s+(?:is|was)\s+["']?([^\s"',;]{4,500})/dgi,
    group: 1,
    isSecret: (value) => !isPlainWord(value),
  },
  // Environments of containers as they are listed: a name on one line or field, its value on the next.
  {
    pattern:
      /name\\?["']?\s{0,3}:\s{0,3}\\?["']?\w{0,60}(?:PASS|PASSW(?:OR)?D|PWD|TOKEN|SECRET|KEY|CREDENTIALS?|AUTH)\\?["']?\s{0,3},?\s{0,20}\\?["']?value\\?["']?\s{0,3}:\s{0,3}\\?["']?([^\s"'\\,}]{1,4000})/dgi,
    group: 1,
  },
  // Logins on command lines, and a database's user and password before its address.
  { pattern: /\bcurl\b[^\n|;]{0,300}?\s(?:-u|--user)[\s=]?["']?([^\s"':]{1,100}:[^\s"']{1,300})/dg, group: 1 },
  {
    pattern:
      /\b(?:sshpass|docker\s+login|podman\s+login|nerdctl\s+login|crictl\s+pull|redis-cli)\b[^\n|;]{0,300}?\s(?:-p|-a|--creds)[\s=]?["']?([^\s"']{1,300})/dg,
    group: 1,
  },
  { pattern: /\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;]{0,300}?\s-p([^\s"']{1,300})/dg, group: 1 },
  { pattern: /(?<![\w.-])[\w.-]{1,64}:([^\s@/:"']{1,200})@(?:tcp|udp|unix)\(/dg, group: 1 },
  { pattern: /\bhooks\.slack\.com\/services\/([\w/]{8,100})/dg, group: 1 },
  // Docker's and Kubernetes' registry logins, also where they are quoted within a string.
  { pattern: /\\?"(?:auth|identitytoken|\.dockerconfigjson)\\?"\s{0,20}:\s{0,20}\\?"([^"\\\n]{4,8000})/dgi, group: 1 },
  // People: who it was is no part of what is wrong.
  {
    pattern: /(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b/g,
    group: 0,
    isSecret: (value) => !/@sha\d+|\.(?:service|socket|timer|mount|slice)$/.test(value),
  },
];

function* found({ pattern, group, isSecret }: Rule, text: string): Generator<Range> {
  for (const match of text.matchAll(pattern)) {
    const value = match[group];
    if (value === undefined || value === "" || (isSecret && !isSecret(value))) continue;
    const [start, end] = match.indices?.[group] ?? [match.index, match.index + match[0].length];
    yield { start, end };
  }
}

/** Where secrets stand: in order, none overlapping another. */
export function secretsIn(text: string): Range[] {
  const ranges = RULES.flatMap((rule) => [...found(rule, text)]).sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Range[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last && range.start < last.end) last.end = Math.max(last.end, range.end);
    else merged.push({ ...range });
  }
  return merged;
}

/** Leaves secrets out: tokens, passwords, headers and URLs that give access, private keys, addresses of people. When in doubt they go. */
export function redactText(text: string): Redacted {
  const ranges = secretsIn(text);
  const parts: string[] = [];
  let from = 0;
  for (const { start, end } of ranges) {
    parts.push(text.slice(from, start), GONE);
    from = end;
  }
  parts.push(text.slice(from));
  const at = (position: number): number => {
    let shift = 0;
    for (const { start, end } of ranges) {
      if (position <= start) break;
      // Inside of a secret every place is the placeholder's beginning.
      if (position < end) return start + shift;
      shift += GONE.length - (end - start);
    }
    return position + shift;
  };
  // A range may end inside of a character; length and places stay.
  return { text: parts.join("").toWellFormed(), count: ranges.length, at };
}
