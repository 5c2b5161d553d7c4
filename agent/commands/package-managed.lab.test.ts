// The real apt and dpkg on a root of their own, with a repository of tiny packages on disk: no network, nothing of this machine is touched. Needs root and apt.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Bench } from "./bench.fixture.ts";
import type { CommandContext } from "./define.ts";
import { withServicesHeld } from "./package-hold.ts";
import { installPackage, restorePackage } from "./package-managed.ts";
import { aptManager } from "./package-manager.ts";

const folder = mkdtempSync(join(tmpdir(), "packages-"));
const [root, repo, build] = [join(folder, "root"), join(folder, "repo"), join(folder, "build")];
const policyFile = join(folder, "policy-rc.d");
const seen = join(folder, "seen");
const status = join(root, "var/lib/dpkg/status");
const apt = [
  ["Dir", root],
  ["Dir::State::status", status],
  ["Dir::Etc::sourcelist", join(folder, "sources.list")],
  ["Dir::Etc::sourceparts", "-"],
  ["Dir::Etc::main", "-"],
  ["Dir::Etc::parts", "-"],
  ["APT::Sandbox::User", "root"],
  ["DPkg::Options::", `--root=${root}`],
  ["DPkg::Options::", "--force-script-chrootless"],
  ["DPkg::Path", process.env.PATH ?? ""],
].flatMap(([key, value]) => ["-o", `${key}=${value}`]);
const bench = new Bench();
const manager = () => aptManager({ apt, dpkgQuery: [`--admindir=${join(root, "var/lib/dpkg")}`], policyFile });
const call = (...argv: [string, ...string[]]) => execFileSync(argv[0], argv.slice(1), { stdio: "pipe", cwd: folder });

function deb(name: string, version: string, fields = "", postinst = ""): void {
  const at = join(build, `${name}-${version}`);
  mkdirSync(join(at, "DEBIAN"), { recursive: true });
  mkdirSync(join(at, "usr/share", name), { recursive: true });
  writeFileSync(join(at, "usr/share", name, "version"), version);
  const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: x <x@example.org>\n${fields}Description: x\n`;
  writeFileSync(join(at, "DEBIAN/control"), control);
  if (postinst !== "") {
    writeFileSync(join(at, "DEBIAN/postinst"), `#!/bin/sh\n${postinst}\n`);
    chmodSync(join(at, "DEBIAN/postinst"), 0o755);
  }
  call("dpkg-deb", "--root-owner-group", "-b", at, repo);
}
function publish(): void {
  const entries = readdirSync(repo).map((name) => {
    const bytes = readFileSync(join(repo, name));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return `${call("dpkg-deb", "-f", join(repo, name))}Filename: repo/${name}\nSize: ${bytes.length}\nSHA256: ${sha256}\n`;
  });
  writeFileSync(join(folder, "Packages"), entries.join("\n"));
  call("apt-get", ...apt, "update");
}

beforeAll(() => {
  for (const dir of [
    "etc/apt/preferences.d",
    "etc/apt/apt.conf.d",
    "var/lib/dpkg/info",
    "var/lib/dpkg/updates",
    "var/log/apt",
  ])
    mkdirSync(join(root, dir), { recursive: true });
  for (const dir of ["var/lib/apt/lists/partial", "var/cache/apt/archives/partial"])
    mkdirSync(join(root, dir), { recursive: true });
  mkdirSync(repo);
  writeFileSync(join(folder, "sources.list"), `deb [trusted=yes] file:${folder} ./\n`);
  deb("tool", "1.0");
  deb(
    "tool",
    "1.5",
    "",
    `if [ -x ${policyFile} ]; then echo held; else echo free; fi >> ${seen}; echo $SYSTEMD_OFFLINE >> ${seen}`,
  );
  deb("tool", "2.0", "Depends: helper\n");
  deb("tool", "3.0", "Conflicts: other\n");
  deb("tool", "4.0", "", "exit 1");
  deb("other", "1.0");
  deb("helper", "1.0");
  publish();
});
let ctx: CommandContext;
beforeEach(async () => {
  rmSync(seen, { force: true });
  writeFileSync(status, "");
  call("apt-get", ...apt, "install", "-y", "tool=1.0", "other=1.0");
  ctx = await bench.context({ managedPackages: ["tool", "absent"] });
});
afterEach(() => bench.end());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const install = (version: string, name = "tool") => installPackage(manager).run({ name, version }, ctx);
const restore = (putVersion: string, name = "tool") => restorePackage(manager).run({ name, putVersion }, ctx);
/** In the tool's own entry of dpkg's list. */
const inStatus = (from: string, to: string) => {
  const entries = readFileSync(status, "utf8").split("\n\n");
  const next = entries.map((one) => (one.includes("Package: tool\n") ? one.replace(from, to) : one));
  expect(next).not.toEqual(entries);
  writeFileSync(status, next.join("\n\n"));
};
const there = () => readFileSync(join(root, "usr/share/tool/version"), "utf8");
const kept = () => {
  const at = join(ctx.paths.backups, "packages");
  return existsSync(at) ? readdirSync(at).filter((name) => name !== "index.json") : [];
};

describe("another version of one package", () => {
  it("forth, twice, and back from the kept archive while the repository is gone; its scripts start no service", async () => {
    expect(await install("1.5")).toMatchObject({ changed: true, output: { before: "1.0", after: "1.5" } });
    expect(there()).toBe("1.5");
    expect(readFileSync(seen, "utf8")).toBe("held\n1\n");
    expect(existsSync(policyFile)).toBe(false);
    expect(await install("1.5")).toMatchObject({ changed: false });
    expect(kept()).toHaveLength(1);
    rmSync(join(root, "var/lib/apt/lists"), { recursive: true });
    mkdirSync(join(root, "var/lib/apt/lists/partial"), { recursive: true });
    try {
      expect(await restore("1.5")).toMatchObject({ changed: true, output: { before: "1.5", after: "1.0" } });
    } finally {
      publish();
    }
    expect([there(), kept()]).toEqual(["1.0", []]);
    await expect(restore("1.5")).rejects.toMatchObject({ name: "Refusal", code: "no-copy" });
  });

  it.each([
    ["2.0", "touches-others", "helper"],
    ["3.0", "touches-others", "remove other"],
    ["9.9", "not-obtainable", "9.9"],
  ])("%s is refused before anything is touched: %s", async (version, code, words) => {
    await expect(install(version)).rejects.toMatchObject({
      name: "Refusal",
      code,
      message: expect.stringContaining(words),
    });
    expect([there(), kept()]).toEqual(["1.0", []]);
  });

  it("refused: not named by the node, not installed, held, no former version to be had, another version by now", async () => {
    await expect(install("1.0", "other")).rejects.toMatchObject({ code: "not-managed" });
    await expect(install("1.0", "absent")).rejects.toMatchObject({ code: "not-installed" });
    inStatus("install ok", "hold ok");
    await expect(install("1.5")).rejects.toMatchObject({ code: "held" });
    inStatus("hold ok", "install ok");
    inStatus("Version: 1.0", "Version: 0.9");
    await expect(install("1.5")).rejects.toMatchObject({ code: "no-way-back" });
    inStatus("Version: 0.9", "Version: 1.0");
    await install("1.5");
    call("apt-get", ...apt, "install", "-y", "--no-install-recommends", "tool=2.0");
    await expect(restore("1.5")).rejects.toMatchObject({ code: "target-changed" });
    expect(there()).toBe("2.0");
  });

  it("what ends by half is told so, and mended by the way back", async () => {
    await expect(install("4.0")).rejects.toMatchObject({
      name: "Failure",
      changed: true,
      message: expect.stringContaining("by half"),
    });
    expect(existsSync(policyFile)).toBe(false);
    expect(await restore("4.0")).toMatchObject({ changed: true });
    expect(there()).toBe("1.0");
    expect((await manager().installed("tool"))[0]).toEqual({ version: "1.0", isHeld: false, isWhole: true });
  });

  it("an archive that somebody changed is not put back", async () => {
    await install("1.5");
    const [name = ""] = kept();
    const at = join(ctx.paths.backups, "packages", name);
    writeFileSync(join(at, readdirSync(at)[0] ?? ""), "x");
    await expect(restore("1.5")).rejects.toMatchObject({ code: "no-copy" });
    expect(there()).toBe("1.5");
  });
});

describe("services are held", () => {
  const run = () => withServicesHeld(async () => existsSync(policyFile), policyFile);
  afterEach(() => rmSync(policyFile, { force: true }));
  it("by the node's own policy where it says no, and not begun where it says yes", async () => {
    writeFileSync(policyFile, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    expect(await run()).toBe(true);
    expect(readFileSync(policyFile, "utf8")).toBe("#!/bin/sh\nexit 101\n");
    rmSync(policyFile);
    writeFileSync(policyFile, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    await expect(run()).rejects.toMatchObject({ code: "service-policy" });
  });
  it("what an agent that died left there is taken away, also when the act fails", async () => {
    await expect(
      withServicesHeld(async () => {
        throw new Error("x");
      }, policyFile),
    ).rejects.toThrow("x");
    expect(existsSync(policyFile)).toBe(false);
    writeFileSync(policyFile, "#!/bin/sh\n# nodeops-agent: for the moment of one installation\nexit 101\n");
    expect(await run()).toBe(true);
    expect(existsSync(policyFile)).toBe(false);
  });
});
