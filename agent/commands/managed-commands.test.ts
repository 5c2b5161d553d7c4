// Commands on managed files, settings and images: what is written is whole and can be taken back to the byte, what cannot be read is never written, and a
// file that somebody else changed since stays.
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../collectors/cni.ts";
import type { ImageInfo } from "../runtimes/types.ts";
import { Bench } from "./bench.fixture.ts";
import type { CommandContext } from "./define.ts";
import { filePut, fileRestore } from "./file-managed.ts";
import { fullImageName, imagePull, pullImage, withoutSecrets } from "./image-pull.ts";
import { forbids } from "./policy.ts";
import { type Kernel, putSetting, restoreSetting } from "./sysctl-managed.ts";

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
    chmodSync(open, 0o777);
    ctx = await bench.context({ managedFiles: { "/etc/containerd": open } });
    await expect(put(NEW)).rejects.toMatchObject({ code: "foreign-folder" });
  });

  it("gives the file the mode that was approved, whatever the agent's own mask is, and its host's folder too", async () => {
    writeFileSync(here(), OLD, { mode: 0o644 });
    mkdirSync(join(bench.folder, "etc", "certs.d"), { mode: 0o755 });
    const mask = process.umask(0o077); // as the agent's service has it
    try {
      await put(NEW);
      expect(statSync(here()).mode & 0o777).toBe(0o644);
      await back(NEW);
      expect(statSync(here()).mode & 0o777).toBe(0o644);
      await put(NEW, "/etc/containerd/certs.d/registry.example/hosts.toml");
    } finally {
      process.umask(mask);
    }
    expect(statSync(join(bench.folder, "etc/certs.d/registry.example")).mode & 0o777).toBe(0o755);
  });

  it.runIf(process.getuid?.() === 0)("leaves the file to its owner and group, forth and back", async () => {
    const owner = () => [statSync(here()).uid, statSync(here()).gid];
    writeFileSync(here(), OLD, { mode: 0o640 });
    chownSync(here(), 0, 4_711);
    await put(NEW);
    expect(owner()).toEqual([0, 4_711]);
    await back(NEW);
    expect(owner()).toEqual([0, 4_711]);
  });

  it("takes the folder of a registry's host away with its file, but none that holds something else", async () => {
    const [host, other] = ["registry.example", "another.example"].map((name) => `/etc/containerd/certs.d/${name}`);
    mkdirSync(join(bench.folder, "etc", "certs.d"), { mode: 0o755 });
    for (const folder of [host, other]) await put(NEW, `${folder}/hosts.toml`);
    writeFileSync(join(bench.folder, "etc/certs.d/another.example/ca.crt"), "x");
    for (const folder of [host, other]) await back(NEW, `${folder}/hosts.toml`);
    expect(readdirSync(join(bench.folder, "etc/certs.d"))).toEqual(["another.example"]);
  });

  it("leaves nothing behind where it could not write, and keeps no way back from it", async () => {
    writeFileSync(here(), OLD);
    // Of a folder that stands where the temporary file should be nobody is asked to give way.
    mkdirSync(`${here()}.tmp`);
    await expect(put(NEW)).rejects.toMatchObject({ name: "Failure", code: "not-written", changed: false });
    expect(readdirSync(join(bench.folder, "etc")).sort()).toEqual(["config.toml", "config.toml.tmp"]);
    expect(readFileSync(here(), "utf8")).toBe(OLD);
    expect(readdirSync(join(ctx.paths.backups, "managed-files"))).toEqual(["index.json"]);
    rmSync(`${here()}.tmp`, { recursive: true });
    // Somebody writes the very content by hand: it is theirs, and no restore of ours.
    writeFileSync(here(), NEW);
    await expect(back(NEW)).rejects.toMatchObject({ code: "no-copy" });
  });

  it("begins nothing where what is there cannot be kept", async () => {
    writeFileSync(here(), OLD);
    mkdirSync(ctx.paths.backups, { recursive: true });
    writeFileSync(join(ctx.paths.backups, "managed-files"), "in the way");
    await expect(put(NEW)).rejects.toMatchObject({ name: "Refusal", code: "not-kept" });
    expect(readFileSync(here(), "utf8")).toBe(OLD);
  });

  it("clears away what a crash left beside the file", async () => {
    writeFileSync(here(), OLD);
    await put(NEW);
    writeFileSync(here(), OLD);
    writeFileSync(`${here()}.tmp`, "half");
    await back(NEW);
    expect(readdirSync(join(bench.folder, "etc"))).toEqual(["config.toml"]);
  });

  it("forgets the copy that a later put of the same content replaced", async () => {
    writeFileSync(here(), OLD);
    await put(NEW);
    writeFileSync(here(), NEWER);
    await put(NEW);
    expect(readdirSync(join(ctx.paths.backups, "managed-files")).sort()).toEqual([sha256(NEWER), "index.json"].sort());
    await back(NEW);
    expect(readFileSync(here(), "utf8")).toBe(NEWER);
  });

  it("writes into no folder that somebody else could swap for a link", async () => {
    const home = join(bench.folder, "home");
    mkdirSync(join(home, "etc"), { recursive: true, mode: 0o755 });
    ctx = await bench.context({ managedFiles: { "/etc/containerd": join(home, "etc") } });
    chmodSync(home, 0o777);
    await expect(put(NEW)).rejects.toMatchObject({ code: "foreign-folder" });
    chmodSync(home, 0o755);
    await put(NEW);
    expect(readFileSync(join(home, "etc", "config.toml"), "utf8")).toBe(NEW);
  });

  it("asks the node's policy about the folder behind a link", async () => {
    mkdirSync(join(bench.folder, "data"), { mode: 0o755 });
    symlinkSync(join(bench.folder, "data"), join(bench.folder, "etc", "linked"));
    const managedFiles = { "/etc/containerd": join(bench.folder, "etc", "linked") };
    const underPolicy = (paths: string[]) => bench.context({ managedFiles, policy: { paths } });
    ctx = await underPolicy([join(bench.folder, "etc")]);
    await expect(put(NEW)).rejects.toMatchObject({ code: "policy" });
    expect(readdirSync(join(bench.folder, "data"))).toEqual([]);
    // The link itself is named: what lies behind it is meant.
    ctx = await underPolicy([join(bench.folder, "etc", "linked")]);
    expect(await put(NEW)).toMatchObject({ output: { path: join(bench.folder, "data", "config.toml") } });
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
  const kernel: Kernel = {
    read: () => readFileSync(fileOf(), "utf8"),
    write: (_key, value) => writeFileSync(fileOf(), value),
  };
  const set = (value: string, name = key, of = kernel) => putSetting(of, 2 ** 30).run({ key: name, value }, ctx);
  const undo = (putValue: string, name = key) => restoreSetting(kernel).run({ key: name, putValue }, ctx);
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

  it("sets no number that takes the node out of reach, of this machine's memory neither", async () => {
    writeFileSync(fileOf(), "67584");
    await expect(set("20", "kernel.threads-max")).rejects.toMatchObject({ code: "not-settable" });
    await expect(set("524288", "vm.min_free_kbytes")).rejects.toMatchObject({ code: "not-settable" });
    expect(now()).toBe("67584");
    expect(await set("52428", "vm.min_free_kbytes")).toMatchObject({ changed: true });
  });

  it("takes back at once what the kernel made another number of", async () => {
    const buckets = "net.netfilter.nf_conntrack_buckets";
    // As Linux does with this one: whole pages of 512.
    const rounding: Kernel = {
      ...kernel,
      write: (_key, value) => writeFileSync(fileOf(), `${Math.ceil(Number(value) / 512) * 512}`),
    };
    writeFileSync(fileOf(), "65536");
    await expect(set("100000", buckets, rounding)).rejects.toMatchObject({ code: "not-set", changed: false });
    expect(now()).toBe("65536");
    expect(await set("131072", buckets, rounding)).toMatchObject({ changed: true });
    expect(await undo("131072", buckets)).toMatchObject({ changed: true });
    expect(now()).toBe("65536");
  });

  it("begins nothing where what is set cannot be kept", async () => {
    writeFileSync(fileOf(), "65530");
    mkdirSync(join(ctx.paths.backups, "sysctls.json.tmp"), { recursive: true });
    await expect(set("262144")).rejects.toMatchObject({ name: "Refusal", code: "not-kept" });
    expect(now()).toBe("65530");
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

  it("fetches nothing onto a disk that is filling up, nor onto one that nobody can look at", async () => {
    const details = (rootDir: string | null) => async () => ({
      handlers: [],
      rootDir,
      conditions: [],
      cni: { confDir: "/none", binDirs: [] },
    });
    const onto = async (rootDir: string | null) =>
      imagePull.run(
        { runtime: "fake", image: "busybox:1", timeoutMs: 1_000 },
        await bench.context({}, { details: details(rootDir) }),
      );
    // A file system that is full by nature: proc has no blocks at all.
    await expect(onto("/proc")).rejects.toMatchObject({ name: "Refusal", code: "no-space" });
    await expect(onto(join(bench.folder, "gone"))).rejects.toMatchObject({ name: "Refusal", code: "no-space" });
    expect(await onto(null)).toMatchObject({ changed: true });
  });

  it("gives up one that fills the disk, and says so", async () => {
    let used = 0.5;
    const details = async () => ({
      handlers: [],
      rootDir: "/x",
      conditions: [],
      cni: { confDir: "/none", binDirs: [] },
    });
    const fetchUntilTold = (_image: string, _deadlineMs: number, signal?: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        used = 0.95;
        signal?.addEventListener("abort", () => reject(new Error("cancelled")));
      });
    const run = pullImage(async () => used, 5).run(
      { runtime: "fake", image: "busybox:1", timeoutMs: 1_000 },
      await bench.context({}, { details, pullImage: fetchUntilTold }),
    );
    await expect(run).rejects.toMatchObject({
      code: "not-pulled",
      message: expect.stringContaining("95 % full"),
      changed: false,
    });
  });

  it("repeats no address that lets somebody in, and has an end", () => {
    const said = withoutSecrets(
      'failed open: unexpected status code "https://u:geheim@cdn.example/blob?X-Amz-Signature=geheim&x=1": 403, Authorization: Bearer geheim',
    );
    expect(said).toContain("https://…@cdn.example/blob?…");
    expect(said).toContain("403");
    expect(said).not.toContain("geheim");
    expect(withoutSecrets("x".repeat(10_000))).toHaveLength(500);
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
