// Commands on managed files, settings and images: what is written is whole and can be taken back to the byte, what cannot be read is never written, and a
// file that somebody else changed since stays.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../collectors/cni.ts";
import type { ImageInfo } from "../runtimes/types.ts";
import { Bench } from "./bench.fixture.ts";
import type { CommandContext } from "./define.ts";
import { filePut, fileRestore } from "./file-managed.ts";
import { fullImageName, imagePull } from "./image-pull.ts";
import { forbids } from "./policy.ts";
import { putSetting, restoreSetting } from "./sysctl-managed.ts";

let bench: Bench;
let ctx: CommandContext;
beforeEach(async () => {
  bench = new Bench();
  mkdirSync(join(bench.folder, "etc"), { mode: 0o755 });
  ctx = await bench.context({ managedFiles: { "/etc/containerd": join(bench.folder, "etc") } });
});
afterEach(() => bench.end());

const PATH = "/etc/containerd/config.toml";
const here = () => join(bench.folder, "etc", "config.toml");
const put = (content: string, path = PATH, hash = sha256(content)) =>
  filePut.run({ path, content, sha256: hash, mode: "644" }, ctx);
const back = (content: string, path = PATH) => fileRestore.run({ path, putSha256: sha256(content) }, ctx);
const OLD = "version = 2\nroot = '/old'\n";
const NEW = "version = 2\nroot = '/new'\n";
const NEWER = "version = 2\nroot = '/newer'\n";

describe("file.put and file.restore", () => {
  it("replaces a file whole and puts it back to the byte and mode, once", async () => {
    writeFileSync(here(), OLD, { mode: 0o600 });
    const done = await put(NEW);
    expect(done).toMatchObject({ changed: true, output: { path: here(), before: sha256(OLD), after: sha256(NEW) } });
    expect([readFileSync(here(), "utf8"), statSync(here()).mode & 0o777]).toEqual([NEW, 0o644]);
    expect(await put(NEW)).toMatchObject({ changed: false });
    expect(await back(NEW)).toMatchObject({ changed: true });
    expect([readFileSync(here(), "utf8"), statSync(here()).mode & 0o777]).toEqual([OLD, 0o600]);
    await expect(back(NEW)).rejects.toMatchObject({ code: "no-copy" });
    expect(existsSync(`${here()}.tmp`)).toBe(false);
  });

  it("takes away a file that was not there before, and goes back through several", async () => {
    await put(NEW);
    await put(NEWER);
    await expect(back(NEW)).rejects.toMatchObject({ code: "target-changed" });
    await back(NEWER);
    expect(readFileSync(here(), "utf8")).toBe(NEW);
    await back(NEW);
    expect(existsSync(here())).toBe(false);
  });

  it("leaves alone what somebody changed since", async () => {
    writeFileSync(here(), OLD);
    await put(NEW);
    writeFileSync(here(), "by = 'hand'\n");
    await expect(back(NEW)).rejects.toMatchObject({ code: "target-changed" });
    expect(readFileSync(here(), "utf8")).toBe("by = 'hand'\n");
  });

  it("says that it is back when somebody put it back by hand", async () => {
    writeFileSync(here(), OLD);
    await put(NEW);
    writeFileSync(here(), OLD);
    expect(await back(NEW)).toMatchObject({ changed: false });
  });

  it("puts nothing back from a copy that is damaged", async () => {
    writeFileSync(here(), OLD);
    await put(NEW);
    writeFileSync(join(ctx.paths.backups, "managed-files", sha256(OLD)), "evil = 1\n");
    await expect(back(NEW)).rejects.toMatchObject({ code: "no-copy" });
    expect(readFileSync(here(), "utf8")).toBe(NEW);
  });

  it("begins nothing that it could not take back", async () => {
    writeFileSync(here(), OLD);
    mkdirSync(join(ctx.paths.backups, "managed-files"), { recursive: true });
    writeFileSync(join(ctx.paths.backups, "managed-files", "index.json"), "{");
    await expect(put(NEW)).rejects.toMatchObject({ code: "no-copies" });
    expect(readFileSync(here(), "utf8")).toBe(OLD);
  });

  it("makes the folder of a registry's host and no other", async () => {
    const path = "/etc/containerd/certs.d/registry.example:5000/hosts.toml";
    await expect(put(NEW, path)).rejects.toMatchObject({ code: "no-folder" });
    mkdirSync(join(bench.folder, "etc", "certs.d"), { mode: 0o755 });
    await put(NEW, path);
    expect(readFileSync(join(bench.folder, "etc/certs.d/registry.example:5000/hosts.toml"), "utf8")).toBe(NEW);
    await back(NEW, path);
    expect(existsSync(join(bench.folder, "etc/certs.d/registry.example:5000/hosts.toml"))).toBe(false);
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ["a content that its reader cannot read", "not-valid", () => put("version = = 2\n")],
    ["an empty one", "not-valid", () => put("\n")],
    ["another content than was approved", "not-the-content", () => put(NEW, PATH, sha256(OLD))],
    ["a place that no command may write", "not-valid", () => put(NEW, "/etc/passwd")],
    ["a place that the node does not name", "not-managed", () => put(NEW, "/etc/nodeops/managed/x.toml")],
    ["a restore of what was never put", "no-copy", () => back(NEW)],
  ])("refuses %s", async (_name, code, run) => {
    writeFileSync(here(), OLD);
    await expect(run()).rejects.toMatchObject({ name: "Refusal", code });
    expect(readFileSync(here(), "utf8")).toBe(OLD);
  });

  it("follows no link and writes into no folder of others", async () => {
    const target = join(bench.folder, "target");
    writeFileSync(target, OLD);
    symlinkSync(target, here());
    await expect(put(NEW)).rejects.toMatchObject({ code: "not-plain" });
    rmSync(here());
    // A link that waits where the temporary file will be.
    symlinkSync(target, `${here()}.tmp`);
    await put(NEW);
    expect(readFileSync(target, "utf8")).toBe(OLD);
    const open = join(bench.folder, "open");
    mkdirSync(open);
    const { chmodSync } = await import("node:fs");
    chmodSync(open, 0o777);
    ctx = await bench.context({ managedFiles: { "/etc/containerd": open } });
    await expect(put(NEW)).rejects.toMatchObject({ code: "foreign-folder" });
  });

  it("asks the node's own policy about the real place", () => {
    const places = { cniFolder: "/etc/cni/net.d", runtimesOf: () => [] };
    const action = {
      type: "file.put" as const,
      params: { path: PATH, content: NEW, sha256: sha256(NEW), mode: "644" as const },
    };
    const policy = (paths: string[]) => ({ ...ctx.config, policy: { ...ctx.config.policy, paths } });
    expect(forbids(policy(["/etc"]), action, places)).toContain(`${here()} is outside`);
    expect(forbids(policy([bench.folder]), action, places)).toBeNull();
  });
});

describe("sysctl.put and sysctl.restore", () => {
  const key = "vm.max_map_count";
  const fileOf = () => join(bench.folder, "setting");
  const set = (value: string, name = key) => putSetting(fileOf).run({ key: name, value }, ctx);
  const undo = (putValue: string) => restoreSetting(fileOf).run({ key, putValue }, ctx);
  const now = () => readFileSync(fileOf(), "utf8");

  it("sets whatever it was, says what it was, and sets that back, once", async () => {
    writeFileSync(fileOf(), "65530\n");
    expect(await set("262144")).toMatchObject({ changed: true, output: { before: "65530", after: "262144" } });
    expect(await set("262144")).toMatchObject({ changed: false });
    expect(await undo("262144")).toMatchObject({ changed: true, output: { after: "65530" } });
    expect(now()).toBe("65530");
    await expect(undo("262144")).rejects.toMatchObject({ code: "no-copy" });
  });

  it("leaves alone what somebody set since, and what it never set", async () => {
    writeFileSync(fileOf(), "65530");
    await expect(undo("65530")).rejects.toMatchObject({ code: "no-copy" });
    await set("262144");
    writeFileSync(fileOf(), "1000000");
    await expect(undo("262144")).rejects.toMatchObject({ code: "target-changed" });
    expect(now()).toBe("1000000");
  });

  it("sets nothing outside of the list", async () => {
    writeFileSync(fileOf(), "core");
    await expect(set("1", "kernel.core_pattern")).rejects.toMatchObject({ code: "not-settable" });
    await expect(set("1; reboot")).rejects.toMatchObject({ code: "not-settable" });
    expect(now()).toBe("core");
  });
});

describe("image.pull", () => {
  it.each([
    ["busybox", "docker.io/library/busybox:latest"],
    ["a/b:1", "docker.io/a/b:1"],
    ["localhost/x", "localhost/x:latest"],
    ["registry.example:5000/a/b", "registry.example:5000/a/b:latest"],
    ["registry.example/a@sha256:ab", "registry.example/a@sha256:ab"],
  ])("knows %s as %s", (name, full) => expect(fullImageName(name)).toBe(full));

  const image = (tag: string): ImageInfo => ({
    id: "sha256:1",
    runtime: "fake",
    tags: [tag],
    digests: [],
    sizeBytes: 7,
    pinned: false,
  });
  const run = async (images: ImageInfo[], pull: () => Promise<void>) =>
    imagePull.run(
      { runtime: "fake", image: "busybox:1", timeoutMs: 1_000 },
      await bench.context({}, { images: async () => images, pullImage: pull }),
    );

  it("fetches what is not there, and says how large it is", async () => {
    const images: ImageInfo[] = [];
    const done = await run(images, async () => void images.push(image("docker.io/library/busybox:1")));
    expect(done).toMatchObject({ changed: true, output: { alreadyThere: false, bytes: 7 } });
  });

  it("fetches nothing that is there", async () => {
    const never = () => Promise.reject(new Error("was asked"));
    expect(await run([image("busybox:1")], never)).toMatchObject({ changed: false, output: { alreadyThere: true } });
  });

  it("says why it did not work", async () => {
    const pulled = run([], () => Promise.reject(new Error("no such host")));
    await expect(pulled).rejects.toMatchObject({
      name: "Failure",
      code: "not-pulled",
      message: "busybox:1: no such host",
    });
  });
});
