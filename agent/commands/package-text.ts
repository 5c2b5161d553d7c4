// What package managers print, as data: what is installed, and what an installation would do. Pure.

/** `to` null: it would be removed. */
export type PackageMove = { name: string; to: string | null };
export type Installed = { version: string; isHeld: boolean; isWhole: boolean };

/** Format for dpkg-query that `parseDpkg` reads. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills these in, not JavaScript
export const DPKG_FORMAT = "${db:Status-Abbrev}\\t${Version}\\t${Architecture}\\n";

/** Entries of one package, one an architecture, those that are only remembered left out. */
export function parseDpkg(text: string): Installed[] {
  return text.split("\n").flatMap((line) => {
    const [status = "", version = ""] = line.split("\t");
    // dpkg-query(1): desired action, state, error. "ii " is whole, "hi " whole and held, "rc " and "un " are not there.
    const [want = "", state = "", error = " "] = status;
    if (version === "" || state === "" || "nc".includes(state)) return [];
    return [{ version, isHeld: want === "h", isWhole: state === "i" && error.trim() === "" }];
  });
}

/** Lines of `apt-get --simulate`: "Inst name [old] (new origin [arch])", "Remv name [old]", "Conf name (…)". A foreign architecture stands behind the name. */
export function parseAptSimulation(text: string): PackageMove[] {
  const moves = new Map<string, PackageMove>();
  for (const line of text.split("\n")) {
    const [, what = "", name = "", rest = ""] = /^(Inst|Conf|Remv|Purg) (\S{1,200})(.{0,2000})$/.exec(line) ?? [];
    if (what === "") continue;
    if (what === "Remv" || what === "Purg") moves.set(name, { name, to: null });
    else if (!moves.has(name)) moves.set(name, { name, to: /\(([^\s)]{1,200})/.exec(rest)?.[1] ?? "" });
  }
  return [...moves.values()];
}

/** Format for rpm that `parseRpm` reads. */
export const RPM_FORMAT = "%{EPOCHNUM}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\n";

/** Entries of one package; epoch 0 is not written, as dnf does. */
export const parseRpm = (text: string): string[] =>
  text.split("\n").flatMap((line) => {
    const [, epoch = "", version = ""] = /^(\d{1,9})\t([^\t\s]{1,200})\t[^\t]{1,40}$/.exec(line) ?? [];
    return version === "" ? [] : [epoch === "0" ? version : `${epoch}:${version}`];
  });

/** The table that dnf shows before it asks: sections, in them a line (or two, for a long name) a package. */
export function parseDnfTable(text: string): PackageMove[] {
  const moves: PackageMove[] = [];
  let section = "";
  let name = "";
  for (const line of text.split("\n")) {
    const title = /^([A-Z][a-z]{2,20})(ing)?( [a-z ]{1,40})?:$/.exec(line);
    if (title) {
      section = title[1] ?? "";
      name = "";
    } else if (line === "" || line.startsWith("Transaction Summary")) {
      section = "";
    } else if (section !== "" && section !== "Dependencies" && line.startsWith(" ")) {
      const words = line.trim().split(/\s+/);
      if (words[0] === "replacing") moves.push({ name: (words[1] ?? "").replace(/\.[a-z0-9_]{1,20}$/, ""), to: null });
      else if (words.length === 1) name = words[0] ?? "";
      else {
        const [first = "", , version = ""] = name === "" ? words : [name, ...words];
        moves.push({ name: first, to: /^Remov/.test(section) ? null : version });
        name = "";
      }
    }
  }
  return moves;
}

/** Whether a versionlock list of dnf names the package. */
export const isLocked = (text: string, name: string): boolean =>
  text.split("\n").some((line) => {
    const entry = line
      .trim()
      .replace(/^!/, "")
      .replace(/^\d{1,9}:/, "");
    return !entry.startsWith("#") && entry.startsWith(`${name}-`) && /^\d/.test(entry.slice(name.length + 1));
  });

/** Why this may not be done; null when it changes the named package to that version and nothing else. */
export function whyNot(moves: readonly PackageMove[], name: string, version: string): string | null {
  const removed = moves.filter(({ to }) => to === null).map((move) => move.name);
  if (removed.length > 0) return `it would remove ${listOf(removed)}`;
  const others = moves.filter((move) => move.name !== name).map((move) => move.name);
  if (others.length > 0) return `it would also change ${listOf(others)}`;
  if (moves.length === 0) return "nothing would be installed";
  const wrong = moves.find(({ to }) => to !== version);
  return wrong ? `${wrong.to} would be installed` : null;
}
const listOf = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
