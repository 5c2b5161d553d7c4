// Which program a hook descriptor may name: one of this node that nobody but root can change, in a folder for hooks or named by the node itself.
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { sha256 } from "../collectors/cni.ts";
import { Bench } from "./bench.fixture.ts";
import type { CommandContext } from "./define.ts";
import { filePut, fileRestore } from "./file-managed.ts";

let bench: Bench;
let ctx: CommandContext;
let program = "";
const PATH = "/etc/containers/oci/hooks.d/route.json";
beforeEach(async () => {
  bench = new Bench();
  program = join(bench.folder, "bin", "route");
  for (const name of ["bin", "hooks.d"]) mkdirSync(join(bench.folder, name), { mode: 0o755 });
  writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
  ctx = await bench.context({
    managedFiles: { "/etc/containers/oci/hooks.d": join(bench.folder, "hooks.d") },
    hookPrograms: [program, join(bench.folder, "bin", "none"), join(bench.folder, "bin", "link")],
  });
});
afterEach(() => bench.end());

const hookOf = (path: string) =>
  JSON.stringify({ version: "1.0.0", hook: { path, timeout: 5 }, when: { always: true }, stages: ["prestart"] });
const put = (path: string) => {
  const content = hookOf(path);
  return filePut.run({ path: PATH, content, sha256: sha256(content), mode: "644" }, ctx);
};
const file = () => join(bench.folder, "hooks.d", "route.json");

it("is written and taken back", async () => {
  expect(await put(program)).toMatchObject({ changed: true });
  expect(readFileSync(file(), "utf8")).toBe(hookOf(program));
  expect(await fileRestore.run({ path: PATH, putSha256: sha256(hookOf(program)) }, ctx)).toMatchObject({
    changed: true,
  });
  expect(existsSync(file())).toBe(false);
});

it("is refused, and nothing written: not named by the node, not there, no program, changeable by others, also behind a link", async () => {
  await expect(put("/usr/bin/env")).rejects.toMatchObject({ code: "not-a-hook" });
  await expect(put("/usr/libexec/oci/hooks.d/no-such-hook")).rejects.toMatchObject({ code: "no-program" });
  await expect(put(join(bench.folder, "bin", "none"))).rejects.toMatchObject({ code: "no-program" });
  chmodSync(program, 0o644);
  await expect(put(program)).rejects.toMatchObject({ code: "no-program" });
  chmodSync(program, 0o777);
  await expect(put(program)).rejects.toMatchObject({ code: "foreign-program" });
  symlinkSync(program, join(bench.folder, "bin", "link"));
  await expect(put(join(bench.folder, "bin", "link"))).rejects.toMatchObject({ code: "foreign-program" });
  chmodSync(program, 0o755);
  chmodSync(join(bench.folder, "bin"), 0o777);
  await expect(put(program)).rejects.toMatchObject({ code: "foreign-folder" });
  expect(existsSync(file())).toBe(false);
});
