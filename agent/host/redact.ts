// Takes secrets out of what leaves the node: arguments of processes and configuration files. Names tell which values are secret; when in doubt they go.

const GONE = "(left out)";

/** The last word of a name: "sig", "X-Amz-Signature", "Set-Cookie". */
const GRANTS = /(^|[-_.])(sig|signature|credentials?|cookie|authorization)$/i;

const isSecretKey = (key: string): boolean =>
  GRANTS.test(key) || /token|passw|secret|(^|[-_])key([-_]data)?$/i.test(key) || /[a-z]Key(Data)?$/.test(key);

/** Flags and variables whose value is a secret; one that names a file or a time is not. */
const isSecretFlag = (name: string): boolean =>
  GRANTS.test(name) ||
  (/passw(or)?d|token|secret|api[-_]?key/i.test(name) &&
    !/[-_](files?|path|dir|name|ttl|timeout|duration)$/i.test(name));

/** User, password and query of URLs (a presigned one gives access to whoever has it), and what follows "Bearer" and "Basic". */
export function redactUrls(text: string): string {
  return text
    .replace(/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"']+@/gi, `$1${GONE}@`)
    .replace(/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s?"'<>\\]{1,2000}\?)(?:[^\s"'<>\\]|\\u[0-9a-f]{4})+/gi, `$1${GONE}`)
    .replace(/\b(bearer|basic)(\s+)[\w.~+/=-]{8,}/gi, `$1$2${GONE}`);
}

/** Nobody reads more, and a process may have megabytes of them. */
const ARG_CHARACTERS_MAX = 1_000;

/** Arguments of a process as one line, secret values left out; not much more than ARG_CHARACTERS_MAX. */
export function redactArgs(argv: readonly string[]): string {
  const program = (argv[0] ?? "").split("/").at(-1) ?? "";
  const shortFlag = /^(mysql|mariadb|sshpass)/.test(program);
  const shown: string[] = [];
  let isNextSecret = false;
  let left = ARG_CHARACTERS_MAX;
  for (const whole of argv) {
    if (left <= 0) break;
    const arg = whole.slice(0, ARG_CHARACTERS_MAX);
    left -= arg.length + 1;
    if (isNextSecret && !arg.startsWith("-")) {
      shown.push(GONE);
      isNextSecret = false;
      continue;
    }
    isNextSecret = (/^--?[\w.-]+$/.test(arg) && isSecretFlag(arg)) || (program === "sshpass" && arg === "-p");
    const name = /^([\w.-]+)=/.exec(arg)?.[1];
    if (name !== undefined && isSecretFlag(name)) shown.push(`${name}=${GONE}`);
    else if (shortFlag && /^-p./.test(arg)) shown.push(`-p${GONE}`);
    else shown.push(redactLine(arg));
  }
  return shown.join(" ");
}

/** An argument that holds a whole command line, as of `sh -c`. */
function redactLine(text: string): string {
  return redactUrls(text)
    .replace(/([\w.-]{1,100})=("[^"]*"|'[^']*'|\S+)/g, (all, name: string) =>
      isSecretFlag(name) ? `${name}=${GONE}` : all,
    )
    .replace(/(--?[\w.-]{1,100})(\s+)(?!-)("[^"]*"|'[^']*'|\S+)/g, (all, name: string, space: string) =>
      isSecretFlag(name) ? `${name}${space}${GONE}` : all,
    );
}

/** Text that only resembles JSON: the value behind each secret's name goes; where its end is not clear, everything does. */
function withoutSecrets(text: string): string {
  const name = /(["']?)([\w.-]{1,100})\1\s*[:=]\s*/g;
  // Headers have blanks and commas in their values.
  const header = /"(?:[^"\\]|\\.)*"?|'[^']*'?|[^"'\n]+/sy;
  const plain = /"(?:[^"\\]|\\.)*"?|'[^']*'?|[[{|>].*|[^\s,}\]]+/sy;
  let shown = "";
  let at = 0;
  for (let found = name.exec(text); found; found = name.exec(text)) {
    const value = /(cookie|authorization)$/i.test(found[2] ?? "") ? header : plain;
    value.lastIndex = name.lastIndex;
    if (!isSecretKey(found[2] ?? "") || !value.test(text)) continue;
    shown += `${text.slice(at, name.lastIndex)}"${GONE}"`;
    at = value.lastIndex;
    name.lastIndex = at;
  }
  return shown + text.slice(at);
}

/** A JSON file, secret values left out. One that cannot be parsed loses whatever follows a secret's name. */
export function redactJson(text: string): string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return redactUrls(withoutSecrets(text));
  }
  const shown = JSON.stringify(json, (key, value: unknown) => (key !== "" && isSecretKey(key) ? GONE : value), 2);
  return redactUrls(shown);
}

/** A line of a log: what stands behind a secret's name, secret flags, users and passwords of URLs left out. */
export const redactLog = (line: string): string => redactLine(withoutSecrets(redactUrls(line)));
