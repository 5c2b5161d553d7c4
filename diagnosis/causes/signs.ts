// Short ways to write signatures: the tag says how much one match proves, the text between the backticks is RE2 as it stands.
import type { Signature, Strength } from "../cause.ts";

type Tag = (pattern: TemplateStringsArray) => Signature;
const tag =
  (strength: Strength): Tag =>
  ({ raw }) => ({ match: raw[0] ?? "", strength });

export const proof = tag("proof");
export const strong = tag("strong");
export const hint = tag("hint");

/** Something that only counts beside `also`. */
export const beside = (signature: Signature, also: string): Signature => ({ ...signature, also });
/**
 * Programs that have nothing to do with containers and print what the kernel told them: servers, databases, build tools, runtimes of languages.
 * What is said by them alone ("No space left on device") may be about any machine.
 */
const OTHERS = String.raw`\bnginx: \[|\bnpm err|\bpnpm\b|\byarn error|\bpip\b|traceback \(most recent call last|\boserror: \[errno|\b(?:type|reference|import)error:|fatal: unable to access|\bsshd\[|wiredtiger|\bmysqld?: |\bpsql: |\bredis-server|\bhttpd?\[|\bapache2?\b|\bphp\b|fatal: \[\S+\]: failed!|\bgradle\b|\bjava\.(?:io|net|lang|util)\.|\bchrome\.exe|systemd-resolved\[|could not read from remote repository`;

/** Common words of the kernel or the C library: they count unless another program alone says them. */
export const ours = (signature: Signature): Signature => ({
  ...signature,
  unless: signature.unless === undefined ? OTHERS : `${signature.unless}|${OTHERS}`,
});
/** Something that does not count where `unless` is said, too. */
export const without = (signature: Signature, unless: string): Signature => ({ ...signature, unless });
