// The rules of the supply chain find planted breaches; the bill of materials names what ships and nothing of the machine it was made on.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it, test } from "vitest";
import { type Host, hostOptions } from "./build.ts";
import { auditFindings, compareVersions, floorFindings, readSnapshot, snapshotFindings } from "./supply-audit.ts";
import { INSTALL_SCRIPTS, type Lock, type LockEntry, lockViolations } from "./supply-lock.ts";
import { makeSbom, settled } from "./supply-sbom.ts";
import { PATTERNS, secretsIn } from "./supply-secrets.ts";

const root = join(import.meta.dirname, "..");
const npmrc = "ignore-scripts=true\n";
const fine: LockEntry = { version: "1.0.0", integrity: "sha512-x", license: "MIT" };

// Every entry of the list is in use, so that what is planted is the only breach. Versions that no advisory speaks of.
const scripted = Object.fromEntries(
  Object.keys(INSTALL_SCRIPTS).map((name) => [
    `node_modules/${name.replace("*", "x")}`,
    { ...fine, version: "99.0.0", hasInstallScript: true },
  ]),
);
const lock = (more: Record<string, LockEntry> = {}): Lock => ({ packages: { "": {}, ...scripted, ...more } });

describe("the lock file", () => {
  it("has nothing against what is as it should be", () => {
    expect(lockViolations(lock({ "node_modules/a": fine }), npmrc)).toEqual([]);
  });

  it.each<{ name: string; entry: LockEntry }>([
    { name: "a host", entry: { ...fine, resolved: "https://example.org/a.tgz" } },
    { name: "a missing hash", entry: { version: "1.0.0", license: "MIT" } },
    { name: "a weak hash", entry: { ...fine, integrity: "sha1-x" } },
    { name: "a new install script", entry: { ...fine, hasInstallScript: true } },
    { name: "an unknown licence", entry: { ...fine, license: "AGPL-3.0" } },
    { name: "no licence", entry: { version: "1.0.0", integrity: "sha512-x" } },
    {
      name: "a missing hash for a machine of ours",
      entry: { version: "1.0.0", license: "MIT", optional: true, os: ["linux"], cpu: ["arm64"] },
    },
  ])("finds $name", ({ entry }) => {
    expect(lockViolations(lock({ "node_modules/a": entry }), npmrc)).toHaveLength(1);
  });

  it("knows nothing of optional packages for other machines, which are never fetched here", () => {
    const entry = { version: "1.0.0", optional: true, os: ["darwin"], cpu: ["arm64"] };
    expect(lockViolations(lock({ "node_modules/a": entry }), npmrc)).toEqual([]);
  });

  it("finds scripts allowed again, a stale exception, and a tree that grew", () => {
    expect(lockViolations(lock(), "fund=false\n")).toEqual([expect.stringContaining("ignore-scripts")]);
    expect(lockViolations({ packages: {} }, npmrc)).toHaveLength(Object.keys(INSTALL_SCRIPTS).length);
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`node_modules/p${i}`, fine]));
    expect(lockViolations(lock(many), npmrc).filter((line) => line.includes("budget"))).toHaveLength(2);
  });
});

describe("known faults", () => {
  const snapshot = readSnapshot();

  it.each([
    { a: "16.3.3", b: "16.3.3", order: 0 },
    { a: "16.10.0", b: "16.9.9", order: 1 },
    { a: "16.3.3-canary.1", b: "16.3.3", order: -1 },
    { a: "1.0.0+build", b: "1.0.0", order: 0 },
  ])("orders $a and $b", ({ a, b, order }) => {
    expect(Math.sign(compareVersions(a, b))).toBe(order);
  });

  it("finds a package of a vulnerable range, and not the patched one", () => {
    const of = (version: string, dev = false) => lock({ "node_modules/next": { ...fine, version, dev } });
    expect(snapshotFindings(of("16.2.4"), snapshot).join()).toContain("GHSA-c4j6-fc7j-m34r");
    expect(snapshotFindings(of("16.4.6"), snapshot)).toEqual([]);
    expect(snapshotFindings(of("16.2.4", true), snapshot)).toEqual([]);
    expect(floorFindings(of("16.2.10"), snapshot)).toHaveLength(1);
    expect(floorFindings(of("16.3.3"), snapshot)).toEqual([]);
  });

  it("finds one that hides below another package", () => {
    const hidden = lock({ "node_modules/a/node_modules/ws": { ...fine, version: "8.20.0" } });
    expect(snapshotFindings(hidden, snapshot)).toHaveLength(1);
  });

  it("reads npm's report: high and critical count, a refusal is no answer", () => {
    const vulnerabilities = {
      a: { severity: "high", range: "<2", via: [{ title: "t", url: "u" }] },
      b: { severity: "moderate", range: "<2", via: [] },
    };
    expect(auditFindings(JSON.stringify({ vulnerabilities }))).toEqual(["a <2: high, t (u)"]);
    expect(auditFindings(JSON.stringify({ vulnerabilities: {} }))).toEqual([]);
    expect(auditFindings(JSON.stringify({ message: "405 Method Not Allowed" }))).toBeNull();
    expect(auditFindings("")).toBeNull();
  });

  it("has a snapshot with date, source and well-formed ranges", () => {
    expect(snapshot.madeOn).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(snapshot.source.length).toBeGreaterThan(100);
    for (const { id, ranges } of snapshot.advisories) {
      expect(id).toMatch(/^(GHSA(-[0-9a-z]{4}){3}|CVE-\d{4}-\d+)$/);
      for (const [from, to] of ranges) expect(compareVersions(from, to)).toBeLessThan(0);
    }
  });
});

describe("secrets", () => {
  // Put together here, so that this file holds none.
  const samples: Record<string, string> = {
    "private key": `-----BEGIN ${"PRIVATE"} KEY-----\n${"A".repeat(80)}\n-----END`,
    "GitHub token": `ghp_${"a1".repeat(18)}`,
    "npm token": `npm_${"a1".repeat(18)}`,
    "cloud access key": `AKIA${"A1".repeat(8)}`,
    "Slack token": `xoxb-${"a1".repeat(12)}`,
    "signed token": ["eyJ", "eyJ", ""].map((start) => start + "a1".repeat(15)).join("."),
    "password in an address": ["postgresql://app", "hunter2@db/x"].join(":"),
    "default password": `admin${"Password"} = "changeme"`,
  };

  test.each(PATTERNS.map(({ name }) => name))("finds a %s", (name) => {
    expect(secretsIn("server/a.ts", `x\n${samples[name]}\n`)).toEqual([`server/a.ts:2: ${name}`]);
  });

  it("lets a hash, a certificate and an address without a password be", () => {
    const text = `sha512-${"A".repeat(86)}==\n-----BEGIN CERTIFICATE-----\n${"A".repeat(80)}\npostgresql://127.0.0.1/unused`;
    expect(secretsIn("docs/a.md", text)).toEqual([]);
  });
});

describe("the bill of materials", () => {
  const bom = makeSbom(root);

  it("is CycloneDX and names the product", () => {
    expect(bom).toMatchObject({
      bomFormat: "CycloneDX",
      metadata: { component: { type: "application", name: "nodeops-center" } },
    });
    expect(bom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("has every dependency of console and agent in its very version, with a hash, and none that only tests need", () => {
    const manifest = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));
    const wanted: Record<string, string> = {
      ...manifest("package.json").dependencies,
      ...manifest("agent/package.json").dependencies,
    };
    const listed = new Map(bom.components.map((component) => [component["bom-ref"], component]));
    for (const [name, version] of Object.entries(wanted)) {
      const component = listed.get(`${name}@${version}`);
      expect(component, name).toBeDefined();
      expect(component?.hashes?.[0]?.alg, name).toBe("SHA-512");
    }
    expect(bom.components.some(({ name }) => name === "vitest")).toBe(false);
  });

  it("holds no host and no path, and is the same twice", () => {
    const text = JSON.stringify({ ...bom, $schema: "" });
    expect(text).not.toMatch(/https?:\/\//);
    expect(text).not.toContain(root);
    expect(text).not.toContain("node_modules/");
    expect(settled(bom, "nodeops-center")).toEqual(bom);
  });
});

test.each<Host>(["agent", "gateway"])(
  "the bundle of the %s is the same from two builds, and names no folder of this machine",
  async (host) => {
    const make = async () =>
      (await build({ ...hostOptions(host), write: false, sourcemap: false })).outputFiles[0]?.text ?? "";
    const [first, second] = [await make(), await make()];
    const hash = (text: string) => createHash("sha256").update(text).digest("hex");
    expect(first.length).toBeGreaterThan(10_000);
    expect(hash(second)).toBe(hash(first));
    expect(first).not.toContain(root);
  },
);
