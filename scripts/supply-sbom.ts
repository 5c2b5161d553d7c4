// `npm run sbom`: dist/sbom.cdx.json, the bill of materials of what ships (CycloneDX), made by npm from the lock file. The same lock file gives the
// same bytes: no time, no random number, no host, no path of the machine it was made on.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Lock, nameOf } from "./supply-lock.ts";

export type Component = {
  "bom-ref": string;
  type: string;
  name: string;
  version: string;
  purl?: string;
  properties?: { name: string; value: string }[];
  externalReferences?: unknown[];
  hashes?: { alg: string; content: string }[];
};
export type Bom = {
  bomFormat: string;
  specVersion: string;
  serialNumber?: string;
  metadata: { timestamp?: string; component: Component; tools?: unknown };
  components: Component[];
  dependencies?: { ref: string; dependsOn?: string[] }[];
};

// Where a package lies in node_modules says nothing about it.
const isPlace = ({ name }: { name: string }): boolean => name === "cdx:npm:package:path";

const withoutPlaces = ({ externalReferences: _references, properties, ...component }: Component): Component => ({
  ...component,
  ...(properties && { properties: properties.filter((property) => !isPlace(property)) }),
});

/**
 * Leaves out what only tests and checks need. npm's own `--omit dev` also leaves out what console and tests share (zod, esbuild, …), so the lock file
 * decides.
 */
export function shippedOnly(bom: Bom, lock: Lock): Bom {
  const shipped = new Set(
    Object.entries(lock.packages)
      .filter(([, { dev, devOptional, optional, peer }]) => !dev && !devOptional && !(optional && peer))
      .map(([path, { name, version }]) => `${name ?? nameOf(path)}@${version}`),
  );
  const own = bom.metadata.component["bom-ref"];
  const isKept = (ref: string) => ref === own || shipped.has(ref);
  return {
    ...bom,
    components: bom.components.filter((component) => isKept(component["bom-ref"])),
    dependencies: bom.dependencies
      ?.filter(({ ref }) => isKept(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn?.filter(isKept) })),
  };
}

/** Takes out what differs between two machines, and names the serial number by the content. */
export function settled(bom: Bom, name: string): Bom {
  const { timestamp: _timestamp, ...metadata } = bom.metadata;
  const { serialNumber: _serial, ...rest } = {
    ...bom,
    metadata: { ...metadata, component: { ...withoutPlaces(metadata.component), type: "application", name } },
    components: bom.components.map(withoutPlaces),
  };
  const digest = createHash("sha256").update(JSON.stringify(rest)).digest("hex");
  const serial = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  return { ...rest, serialNumber: `urn:uuid:${serial}` };
}

/** @throws Error with npm's words */
export function makeSbom(root: string): Bom {
  const beside = join(dirname(process.execPath), "npm");
  const args = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--loglevel=error"];
  const run = spawnSync(existsSync(beside) ? beside : "npm", args, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}` },
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  });
  if (run.status !== 0) throw new Error(`npm sbom failed: ${(run.stderr || run.error?.message || "").trim()}`);
  const { name } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const lock: Lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return settled(shippedOnly(JSON.parse(run.stdout), lock), name);
}

/** Writes it. @returns its path */
export function writeSbom(root: string): string {
  const path = join(root, "dist/sbom.cdx.json");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(makeSbom(root), null, 1)}\n`);
  return path;
}

if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  const path = writeSbom(root);
  const bom: Bom = JSON.parse(readFileSync(path, "utf8"));
  console.log(`dist/sbom.cdx.json: ${bom.components.length} components, ${bom.bomFormat} ${bom.specVersion}`);
}
