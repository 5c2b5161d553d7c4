// A data folder this version must not touch is refused before anything in it changes.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dataPaths } from "../paths.ts";
import { ownMigrations, prepareFolder, stampVersion } from "./folder.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodeops-folder-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("a fresh folder is made ready: secrets and logs closed to others, the rest only to be entered", () => {
  prepareFolder(dataPaths(dir));
  expect(readdirSync(dir).sort()).toEqual(["logs", "secrets"]);
  expect(["secrets", "logs"].map((name) => statSync(join(dir, name)).mode & 0o777)).toEqual([0o700, 0o700]);
  expect(statSync(dir).mode & 0o777).toBe(0o711);
});

test("what this version wrote it takes again", () => {
  const paths = dataPaths(dir);
  prepareFolder(paths);
  stampVersion(paths);
  expect(() => prepareFolder(paths)).not.toThrow();
});

test.each([
  { name: "a migration of the future", version: { format: 2, migrations: ["20990101000000_future"] } },
  {
    name: "a folder format of the future",
    version: { format: 3, migrations: ownMigrations().map(({ name }) => name) },
  },
])("$name is refused and nothing changes", ({ version }) => {
  const file = join(dir, "version.json");
  writeFileSync(file, JSON.stringify(version));
  expect(() => prepareFolder(dataPaths(dir))).toThrow(/from a newer version/);
  expect(readdirSync(dir)).toEqual(["version.json"]);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(version);
});

test("a path below a file is refused in words", () => {
  writeFileSync(join(dir, "file"), "");
  expect(() => prepareFolder(dataPaths(join(dir, "file", "data")))).toThrow(/cannot write to the data folder/);
});
