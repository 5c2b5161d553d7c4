// Known faults of what ships: asks the registry through `npm audit`; where that cannot be, compares with the snapshot in supply-advisories.json.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Lock, nameOf } from "./supply-lock.ts";

type Severity = "high" | "critical";
/** `ranges`: from (included) to (excluded). */
export type Advisory = { package: string; id: string; severity: Severity; what: string; ranges: [string, string][] };
export type Floor = { package: string; atLeast: string; why: string };
export type Snapshot = { madeOn: string; source: string; advisories: Advisory[]; floors: Floor[] };

export const readSnapshot = (): Snapshot =>
  JSON.parse(readFileSync(join(import.meta.dirname, "supply-advisories.json"), "utf8"));

/** Order of two versions; a pre-release comes before its release. Build metadata does not count. */
export function compareVersions(a: string, b: string): number {
  const split = (version: string) => {
    const [core = "", ...pre] = (version.split("+")[0] ?? "").split("-");
    return { numbers: core.split(".").map(Number), isPre: pre.length > 0 };
  };
  const [left, right] = [split(a), split(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(right.isPre) - Number(left.isPre);
}

const shipped = (lock: Lock): { name: string; version: string }[] =>
  Object.entries(lock.packages)
    .filter(([path, { dev, link, version }]) => path.includes("node_modules/") && !dev && !link && version)
    .map(([path, { version = "" }]) => ({ name: nameOf(path), version }));

/** Packages of the lock file that an advisory of the snapshot speaks of. */
export function snapshotFindings(lock: Lock, { advisories }: Snapshot): string[] {
  return shipped(lock).flatMap(({ name, version }) =>
    advisories
      .filter((advisory) => advisory.package === name)
      .filter(({ ranges }) =>
        ranges.some(([from, to]) => compareVersions(version, from) >= 0 && compareVersions(version, to) < 0),
      )
      .map(({ id, severity, what }) => `${name} ${version}: ${severity}, ${what} (${id})`),
  );
}

/** Packages below the version that they must have. */
export function floorFindings(lock: Lock, { floors }: Snapshot): string[] {
  return floors.flatMap(({ package: name, atLeast, why }) =>
    shipped(lock)
      .filter((one) => one.name === name && compareVersions(one.version, atLeast) < 0)
      .map(({ version }) => `${name} ${version}: must be at least ${atLeast} (${why})`),
  );
}

type AuditReport = {
  error?: { summary?: string };
  message?: string;
  vulnerabilities?: Record<
    string,
    { severity: string; range: string; via: (string | { title: string; url: string })[] }
  >;
};

/** Findings of npm's own report, or null when npm could not ask. @param output what `npm audit --json` printed */
export function auditFindings(output: string): string[] | null {
  let report: AuditReport;
  try {
    report = JSON.parse(output);
  } catch {
    return null; // npm died before it wrote anything
  }
  if (!report.vulnerabilities) return null;
  return Object.entries(report.vulnerabilities)
    .filter(([, { severity }]) => severity === "high" || severity === "critical")
    .map(([name, { severity, range, via }]) => {
      const titles = via.map((one) => (typeof one === "string" ? `through ${one}` : `${one.title} (${one.url})`));
      return `${name} ${range}: ${severity}, ${titles.join("; ")}`;
    });
}

/** `npm audit` may take this long, ms; then the snapshot answers. */
const NPM_TIMEOUT_MS = 30_000;

function npmAudit(root: string): Promise<string> {
  const beside = join(dirname(process.execPath), "npm");
  const args = ["audit", "--omit=dev", "--json", "--package-lock-only", "--fetch-retries=0", "--fetch-timeout=10000"];
  return new Promise((resolve) => {
    const child = spawn(existsSync(beside) ? beside : "npm", args, {
      cwd: root,
      env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}` },
      stdio: ["ignore", "pipe", "ignore"],
      timeout: NPM_TIMEOUT_MS,
    });
    const parts: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => parts.push(text));
    child.once("error", () => resolve("")); // no npm here
    child.once("close", () => resolve(parts.join("")));
  });
}

export type Audit = { asked: "registry" | "snapshot"; note: string; findings: string[] };

/** High and critical faults of what ships. */
export async function audit(root: string, lock: Lock): Promise<Audit> {
  const snapshot = readSnapshot();
  const fromRegistry = auditFindings(await npmAudit(root));
  const known = [...snapshotFindings(lock, snapshot), ...floorFindings(lock, snapshot)];
  if (fromRegistry)
    return { asked: "registry", note: "npm audit asked the registry", findings: [...fromRegistry, ...known] };
  return {
    asked: "snapshot",
    note: `the registry's advisories cannot be asked from here; compared with the snapshot of ${snapshot.madeOn} (${snapshot.advisories.length} advisories), which is not complete`,
    findings: known,
  };
}
