// How udev names network cards on this node, from its rules, .link files and the kernel's arguments. Pure: used by the collector "cards".
import type { FactData } from "../../protocol/facts.ts";

type Naming = Pick<FactData["cards"], "naming" | "namingSource">;
type File = { file: string; text: string };

/** A rule that gives out names by order: the generator of persistent names, or a NAME with a counter. */
const BY_ORDER = /75-persistent-net-generator\.rules$/;

const linesOf = (text: string): string[] => text.split("\n").filter((line) => !/^\s*[#;]/.test(line));

/** Does a .link file apply to every card? Its [Match] names nothing, or OriginalName=*. */
function matchesAll(text: string): boolean {
  const match = /\[Match\]([^[]*)/.exec(text)?.[1] ?? "";
  const conditions = linesOf(match).filter((line) => line.includes("="));
  return conditions.length > 0 && conditions.every((line) => /^\s*OriginalName\s*=\s*\*\s*$/.test(line));
}

/** A value of a .link file's [Link] section. */
export const linkValue = (text: string, key: string): string | null =>
  linesOf(text)
    .map((line) => new RegExp(`^\\s*${key}\\s*=\\s*(.*?)\\s*$`).exec(line)?.[1] ?? null)
    .find((value) => value !== null) ?? null;

/** The first .link file (by name, as udev takes them) that applies to all devices. */
export function defaultLink(links: readonly File[]): File | null {
  const base = (file: string) => file.slice(file.lastIndexOf("/") + 1);
  return [...links].sort((a, b) => (base(a.file) < base(b.file) ? -1 : 1)).find(({ text }) => matchesAll(text)) ?? null;
}

/**
 * The rule by which cards get their names.
 * @param cmdline of the kernel: net.ifnames=0 leaves the order of appearance
 * @param rules udev rule files, overriding folders first
 */
export function namingOf(cmdline: string, rules: readonly File[], links: readonly File[], hasUdev: boolean): Naming {
  const named = rules.find(({ text }) =>
    linesOf(text).some((line) => /ATTRS?\{address\}==/.test(line) && /\bNAME:?=/.test(line)),
  );
  const paths = rules.find(({ text }) =>
    linesOf(text).some((line) => /KERNELS==/.test(line) && /\bNAME:?=/.test(line)),
  );
  const generator = rules.find(
    ({ file, text }) => BY_ORDER.test(file) && linesOf(text).some((line) => line.trim() !== ""),
  );
  if (!hasUdev) return { naming: "none", namingSource: null };
  if (generator) return { naming: "order", namingSource: generator.file };
  if (paths) return { naming: "path", namingSource: paths.file };
  if (named) return { naming: "mac", namingSource: named.file };
  if (/\bnet\.ifnames=0\b/.test(cmdline)) return { naming: "order", namingSource: "net.ifnames=0" };
  const link = defaultLink(links);
  const policy = link ? (linkValue(link.text, "NamePolicy") ?? "") : "";
  if (/\bmac\b/.test(policy) && !/\b(path|slot|onboard)\b/.test(policy))
    return { naming: "mac", namingSource: link?.file ?? null };
  if (/\b(path|slot|onboard|database)\b/.test(policy)) return { naming: "path", namingSource: link?.file ?? null };
  return { naming: "order", namingSource: link?.file ?? null };
}
