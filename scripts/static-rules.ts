// What no source of the product may contain, as a table: shells, SQL made of text, compiled text, markup past React, weak cryptography.
// What Next in particular must not get stands in check-web-surface.ts.
// Part of `npm run check`. Each exception names its file and its reason, and fails when it is no longer needed.
import { join } from "node:path";
import { readSources } from "./check-architecture.ts";

export type StaticRule = {
  id: string;
  /** What is found, on a text without comments. */
  find: RegExp;
  why: string;
  /** Folders that the rule leaves out. */
  except?: readonly string[];
  /** File → why it may. */
  allow?: Readonly<Record<string, string>>;
};

/** Tools that run on a developer's machine or as the operator, with words that nobody else chooses. */
const TOOLS = ["cli", "lab", "scripts", "testing", "bench", "e2e", "fuzz"];

export const STATIC_RULES: readonly StaticRule[] = [
  {
    id: "shell",
    find: /\b(?:exec|execSync)\b[^;]*?\bfrom\s*["'](?:node:)?child_process["']|\*\s*as\s+\w+\s+from\s*["'](?:node:)?child_process["']|["'](?:node:)?child_process["'][\s\S]*?\bshell:\s*(?!false)\S/,
    why: "programs are started with a list of arguments, never through a shell",
    except: TOOLS,
  },
  {
    id: "shell-words",
    find: /["'`](?:\/bin\/)?(?:ba|da|z)?sh["'`]\s*,\s*(?:\[\s*)?["'`]-[a-z]*c/,
    why: "no path leads from a text to `sh -c`",
    except: TOOLS,
    allow: {
      "agent/shell/terminal.ts":
        "a script that stands in the code holds the process until it is in its control group; what people asked for are arguments",
    },
  },
  {
    id: "sql-text",
    find: /\$(?:query|execute)RawUnsafe\b|\bPrisma\.raw\b|\bimport\b[^;]*\braw\b[^;]*\bfrom\s*["'][^"']*\/sql\.ts["']/,
    why: "SQL is a template whose values become parameters",
    allow: {
      "server/core/scope.ts": "puts names of columns and aliases, which stand in the code, into conditions",
      "server/housekeeping/prune.ts": "puts names of tables, which stand in the code, into a statement",
      "server/nodes/list.ts": "puts a column and a direction, chosen from lists in the code, into a statement",
    },
  },
  {
    id: "compiled-text",
    find: /(?<![\w.])eval\s*\(|\bnew\s+Function\s*\(|\bfrom\s*["'](?:node:)?vm["']|\bset(?:Timeout|Interval)\(\s*["'`]/,
    why: "no text becomes code",
    except: ["fuzz", "testing"],
  },
  {
    id: "markup",
    find: /\bdangerouslySetInnerHTML\b|\.(?:inner|outer)HTML\s*=|\binsertAdjacentHTML\b|\bdocument\.write\b|\bsrcDoc=/,
    why: "what nodes, logs and people write is text, never markup",
    except: ["e2e", "scripts"],
    allow: { "app/layout.tsx": "a script of ours, constant, with the policy's nonce" },
  },
  {
    id: "tls-unchecked",
    find: /\brejectUnauthorized:\s*false\b|\bNODE_TLS_REJECT_UNAUTHORIZED\b/,
    why: "the other end of every connection is checked",
    except: ["testing"],
    allow: {
      "gateway/gateway.ts":
        "asks for a certificate without ending the handshake: enrolment comes without one, sessions are refused in gateway/peer.ts",
      "agent/link/enrol.ts":
        "the CA is not known yet: it is checked by the fingerprint of the join token before anything is sent",
    },
  },
  {
    id: "weak-hash",
    find: /\bcreate(?:Hash|Hmac)\(\s*["'](?:md5|sha1)["']/i,
    why: "SHA-256 or better",
    allow: {
      "server/accounts/totp.ts":
        "RFC 6238 and every authenticator app use HMAC-SHA-1, for which its collisions do not matter",
    },
  },
];

const isTest = (path: string): boolean => /\.(test|spec|fixture)\.tsx?$|\/testing\//.test(path);

/** The text with comments blanked out, so that a rule may be spoken of. Strings stay; line numbers too. */
export const withoutComments = (source: string): string =>
  source
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "))
    .replace(
      /(^|[\s;{}(,])\/\/[^\n]*/g,
      (comment, before: string) => before + " ".repeat(comment.length - before.length),
    );

/** Every breach and every stale exception, one line each. @param files path → source */
export function staticViolations(
  files: ReadonlyMap<string, string>,
  rules: readonly StaticRule[] = STATIC_RULES,
): string[] {
  const found: string[] = [];
  const used = new Set<string>();
  for (const [path, source] of files) {
    if (isTest(path) || path === "scripts/static-rules.ts") continue;
    const text = withoutComments(source);
    for (const { id, find, why, except = [], allow = {} } of rules) {
      if (except.includes(path.split("/")[0] ?? "")) continue;
      const at = text.search(find);
      if (at === -1) continue;
      if (path in allow) used.add(`${id} ${path}`);
      else found.push(`${path}:${text.slice(0, at).split("\n").length}: ${id}: ${why}`);
    }
  }
  for (const { id, allow = {} } of rules)
    for (const path of Object.keys(allow))
      if (files.has(path) && !used.has(`${id} ${path}`))
        found.push(`${path}: the exception of ${id} is no longer needed`);
  return found;
}

if (import.meta.main) {
  const files = readSources(join(import.meta.dirname, ".."));
  const found = staticViolations(files);
  for (const line of found) console.error(line);
  console.log(`static rules: ${STATIC_RULES.length} rules, ${files.size} files, ${found.length} violations`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
