// What the tests need of the machine: installs it from the distribution where root allows, else says what is missing. Starts no services.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Debian package → the file or program that shows it is there. */
const TOOLS: Record<string, string> = {
  chromium: "chromium",
  "fonts-noto-cjk": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
  containerd: "containerd",
  runc: "runc",
  crun: "crun",
  runsc: "runsc",
  "docker.io": "dockerd",
  "containernetworking-plugins": "/usr/lib/cni/bridge",
  "busybox-static": "busybox",
  lxcfs: "lxcfs",
  iproute2: "ip",
  iptables: "iptables",
  nftables: "nft",
  conntrack: "conntrack",
  "redis-server": "redis-server",
};

const SERVICE_POLICY = "/usr/sbin/policy-rc.d";

function isThere(probe: string): boolean {
  if (probe.startsWith("/")) return existsSync(probe);
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, probe), constants.X_OK);
      return true;
    } catch {
      return false; // not here; the next folder may have it
    }
  });
}

/** Packages whose program is absent. */
export const missingPackages = (): string[] => Object.keys(TOOLS).filter((name) => !isThere(TOOLS[name] ?? ""));

/** Whether this process may install packages, or in words why not. */
export function whyNotInstall(): string | undefined {
  if (process.getuid?.() !== 0) return "not root";
  return isThere("apt-get") ? undefined : "no apt-get";
}

/**
 * Installs packages without starting any service.
 *
 * @returns what is still missing, with the installer's last words
 */
export function install(packages: string[], tell: (text: string) => void): { missing: string[]; reason: string } {
  const apt = (...args: string[]) =>
    spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=120", "-q", "-y", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_SUSPEND: "1" },
      encoding: "utf8",
      // A long log must not end the installer.
      maxBuffer: 64 * 1024 * 1024,
      timeout: 900_000,
    });
  // Debian's own way to keep package scripts from starting daemons (invoke-rc.d(8)); taken away again unless the machine has one.
  const hadPolicy = existsSync(SERVICE_POLICY);
  if (!hadPolicy) writeFileSync(SERVICE_POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    tell(`installing ${packages.join(" ")}`);
    let words = "";
    if (apt("install", "--no-install-recommends", ...packages).status === 0)
      return { missing: missingPackages(), reason: "" };
    apt("update");
    // One by one: a package this release does not have must not keep the others away.
    for (const name of packages) {
      const run = apt("install", "--no-install-recommends", name);
      if (run.status !== 0) words = (run.stderr || run.error?.message || "").trim().split("\n").at(-1) ?? "";
    }
    return { missing: missingPackages(), reason: words };
  } finally {
    if (!hadPolicy) rmSync(SERVICE_POLICY, { force: true });
  }
}
