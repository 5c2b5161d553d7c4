// The folders of a data folder: closed where keys lie, open where everybody reads, and what an earlier version left is taken over.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { secretPath, secretsFolder, serverProcesses } from "../../server/core/secrets.ts";
import { UserError } from "../errors.ts";
import { type DataPaths, dataPaths } from "../paths.ts";
import { prepareFolder } from "./folder.ts";
import { makeFolders } from "./layout.ts";
import { separate } from "./separation.ts";

let paths: DataPaths;
beforeEach(() => {
  paths = dataPaths(mkdtempSync(join(tmpdir(), "nodeops-layout-")));
  prepareFolder(paths);
});
afterEach(() => rmSync(paths.dir, { recursive: true, force: true }));

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("keys lie in folders that only their owner enters, whatever the caller's mask", () => {
  const mask = process.umask(0o077);
  makeFolders(paths);
  process.umask(mask);
  for (const name of serverProcesses) expect(mode(secretsFolder(paths.dir, name)), name).toBe("700");
  expect(mode(paths.dispatcher)).toBe("700");
  expect(mode(paths.public)).toBe("755");
});

test("secrets of an earlier version go to their owners once, with what is in them", () => {
  const old = { "auth-secret": "a", "ca.pem": "b", "gateway.pem": "c", "dispatch.key": "d", "cli-token": "e" };
  for (const [name, text] of Object.entries(old)) writeFileSync(join(paths.secrets, name), text, { mode: 0o600 });
  makeFolders(paths);
  makeFolders(paths);
  const read = (...at: Parameters<typeof secretPath>) => readFileSync(secretPath(...at), "utf8");
  expect(read(paths.dir, "web", "auth-secret")).toBe("a");
  expect(read(paths.dir, "gateway", "ca.pem")).toBe("b");
  expect(read(paths.dir, "gateway", "gateway.pem")).toBe("c");
  expect(read(paths.dir, "dispatcher", "dispatch.key")).toBe("d");
  expect(read(paths.dir, "launcher", "cli-token")).toBe("e");
  expect(existsSync(join(paths.secrets, "ca.pem"))).toBe(false);
});

test("a key that is in its place already is not replaced by an old one", () => {
  mkdirSync(secretsFolder(paths.dir, "gateway"), { recursive: true });
  writeFileSync(secretPath(paths.dir, "gateway", "ca.pem"), "new");
  writeFileSync(join(paths.secrets, "ca.pem"), "old");
  makeFolders(paths);
  expect(readFileSync(secretPath(paths.dir, "gateway", "ca.pem"), "utf8")).toBe("new");
});

test("where processes cannot be separated it is said why, and refused when it was demanded", () => {
  makeFolders(paths);
  const found = separate(paths, { isDev: true, isolation: "auto" });
  expect(found).toMatchObject({ isolation: "none", accounts: {} });
  expect(found.reason).toMatch(/--dev/);
  expect(() => separate(paths, { isDev: true, isolation: "required" })).toThrow(UserError);
});
