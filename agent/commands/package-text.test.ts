// What apt, dpkg, dnf and rpm print: captured lines (Debian 12, dnf 4.14), and what a guard makes of them.
import { describe, expect, it } from "vitest";
import { isManageable, PackageName, PackageVersion } from "../../protocol/packages.ts";
import { isLocked, parseAptSimulation, parseDnfTable, parseDpkg, parseRpm, whyNot } from "./package-text.ts";

describe("dpkg", () => {
  it.each([
    ["ii \t1.6.20-1\tamd64\n", [{ version: "1.6.20-1", isHeld: false, isWhole: true }]],
    ["hi \t1:2.0\tall\n", [{ version: "1:2.0", isHeld: true, isWhole: true }]],
    ["iF \t2.0\tamd64\n", [{ version: "2.0", isHeld: false, isWhole: false }]],
    ["iU \t2.0\tamd64\n", [{ version: "2.0", isHeld: false, isWhole: false }]],
    ["iiR\t2.0\tamd64\n", [{ version: "2.0", isHeld: false, isWhole: false }]],
    ["rc \t1.0\tamd64\n", []],
    ["un \t\t\n", []],
    ["", []],
  ])("%j", (text, wanted) => expect(parseDpkg(text)).toEqual(wanted));
  it("two architectures are two entries", () => expect(parseDpkg("ii \t1\tamd64\nii \t1\ti386\n")).toHaveLength(2));
});

const up = `NOTE: This is only a simulation!
Reading package lists...
Inst lxcfs [5.0.2-1] (5.0.3-1 Debian:12/stable [amd64])
Conf lxcfs (5.0.3-1 Debian:12/stable [amd64])`;
const more = `${up}
Inst libfuse3-3:amd64 [3.14.0-3] (3.14.0-4 Debian:12/stable [amd64])`;
const removes = `Remv runc [1.1.5]
${up}`;
const fresh = "Inst lxcfs (5.0.3-1 Debian:12/stable [amd64])\nConf lxcfs (5.0.3-1 Debian:12/stable [amd64])";
const halfOther = `Conf broken (1.0 Debian:12/stable [amd64])\n${up}`;

const table = (body: string) => `Last metadata expiration check: 0:10:02 ago on Sun Nov 22 10:00:00 2026.
Dependencies resolved.
================================================================================
 Package         Architecture    Version                 Repository        Size
================================================================================
${body}

Transaction Summary
================================================================================
Upgrade  1 Package

Total download size: 29 M
Operation aborted.
`;
const row = " containerd.io   x86_64          1.6.22-3.1.el9          docker-ce         34 M";

describe("what would be done", () => {
  it.each<[string, ReturnType<typeof parseAptSimulation>, string | null]>([
    ["one package", parseAptSimulation(up), null],
    ["one more", parseAptSimulation(more), "it would also change libfuse3-3:amd64"],
    ["one goes", parseAptSimulation(removes), "it would remove runc"],
    ["new and the same", parseAptSimulation(fresh), null],
    ["a half-installed other", parseAptSimulation(halfOther), "it would also change broken"],
    ["nothing", parseAptSimulation("lxcfs is already the newest version (5.0.3-1).\n"), "nothing would be installed"],
    ["another version", parseAptSimulation(up.replaceAll("5.0.3-1", "5.1-1")), "5.1-1 would be installed"],
  ])("apt: %s", (_, moves, wanted) => expect(whyNot(moves, "lxcfs", "5.0.3-1")).toBe(wanted));

  it.each<[string, string, string | null]>([
    ["upgrade", table(`Upgrading:\n${row}`), null],
    ["downgrade", table(`Downgrading:\n${row}`), null],
    [
      "a long name takes two lines",
      table(
        `Upgrading:\n a-package-with-a-very-long-name\n                 x86_64          1-1                     base              1 k\n${row}`,
      ),
      "it would also change a-package-with-a-very-long-name",
    ],
    [
      "a dependency",
      table(`Upgrading:\n${row}\nInstalling dependencies:\n container-selinux noarch 3:2.205.0-3.el9_3 appstream 51 k`),
      "it would also change container-selinux",
    ],
    [
      "a removal",
      table(
        `Upgrading:\n${row}\nRemoving:\n runc x86_64 1.1.9-1.el9 @appstream 9.8 M\nRemoving dependent packages:\n podman x86_64 2:4.6 @app 1 M`,
      ),
      "it would remove runc, podman",
    ],
    [
      "replacing another",
      table(`Installing:\n${row}\n     replacing  runc.x86_64 4:1.1.9-1.el9`),
      "it would remove runc",
    ],
    [
      "nothing",
      "Package containerd.io-1.6.22-3.1.el9.x86_64 is already installed.\nNothing to do.\n",
      "nothing would be installed",
    ],
  ])("dnf: %s", (_, text, wanted) =>
    expect(whyNot(parseDnfTable(text), "containerd.io", "1.6.22-3.1.el9")).toBe(wanted),
  );

  it("text of any kind is no failure of ours", () => {
    for (const text of ["\n", ":", " ", "Inst", "Inst x", "Upgrading:\n x", " a b", "\0", "Remv"])
      expect([parseAptSimulation(text), parseDnfTable(text)].every(Array.isArray)).toBe(true);
  });
});

describe("rpm", () => {
  it.each([
    ["0\t1.6.20-3.1.el9\tx86_64\n", ["1.6.20-3.1.el9"]],
    ["4\t1.1.9-1.el9\tx86_64\n", ["4:1.1.9-1.el9"]],
    ["package lxcfs is not installed\n", []],
  ])("%j", (text, wanted) => expect(parseRpm(text)).toEqual(wanted));
  it.each([
    ["containerd.io-0:1.6.20-3.1.el9.*", true],
    ["3:containerd.io-1.6.20-3.1.el9.*", true],
    ["# containerd.io-1.6", false],
    ["containerd.io-extras-0:1-1.el9.*", false],
  ])("locked by %j", (line, wanted) => expect(isLocked(`# Added by\n${line}\n`, "containerd.io")).toBe(wanted));
});

describe("names and versions", () => {
  it.each([
    "lxcfs",
    "containerd.io",
    "docker-ce",
    "nvidia-container-toolkit",
    "cri-tools",
    "pouch",
    "linuxptp",
    "libfuse3-3",
  ])("%s may be managed", (name) =>
    expect([isManageable(name), PackageName.safeParse(name).success]).toEqual([true, true]),
  );
  it.each([
    "linux-image-amd64",
    "kernel",
    "kernel-core",
    "systemd",
    "systemd-sysv",
    "init",
    "libc6",
    "libc6-dev",
    "glibc-common",
    "openssh-server",
    "ssh",
    "dpkg",
    "apt",
    "apt-utils",
    "rpm-libs",
    "nodeops-agent",
    "Kernel",
    "grub-pc",
    "sudo",
    "bash",
    "-y",
    "a b",
    "lxcfs-",
    "lxcfs+",
    "a=1",
    "a/b",
    "a*",
    "x",
    "",
  ])("%j may not", (name) => expect([isManageable(name), PackageName.safeParse(name).success]).toEqual([false, false]));
  it.each(["1.6.20-1", "1:2.0~rc1", "5.0.3-1ubuntu0.1+esm2", "1.6.22-3.1.el9", "0^git1"])(
    "%s is a version",
    (version) => expect(PackageVersion.safeParse(version).success).toBe(true),
  );
  it.each(["", "-1", "1.0-", "1.0+", "1 0", "1*", "a:1", "1/2", "1\n", "::1", "1=2"])("%j is none", (version) =>
    expect(PackageVersion.safeParse(version).success).toBe(false),
  );
});
