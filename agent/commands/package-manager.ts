// The distribution's package manager as this agent uses it: what is installed, what an installation would do, fetch, install. Bounded in time; a lock is waited
// for; never another package, never a removal.
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../host/errors.ts";
import { readText } from "../host/file.ts";
import { type RunResult, run } from "../host/run.ts";
import { POLICY_FILE, withServicesHeld } from "./package-hold.ts";
import {
  DPKG_FORMAT,
  type Installed,
  isLocked,
  type PackageMove,
  parseAptSimulation,
  parseDnfTable,
  parseDpkg,
  parseRpm,
  RPM_FORMAT,
} from "./package-text.ts";

/** `file`: an archive on this node; null: from the node's repositories. */
export type Wanted = { name: string; version: string; file: string | null };

export type PackageManager = {
  /** Entries of a package, one an architecture. */
  installed: (name: string) => Promise<Installed[]>;
  /** What would be done, and what it says where that is nothing. */
  simulate: (wanted: Wanted) => Promise<{ moves: PackageMove[]; said: string }>;
  /** Fetches the archive of a version into an empty folder; null when it is not to be had. `isInstalled`: of the very version that is installed. */
  fetch: (wanted: Wanted, folder: string, isInstalled: boolean) => Promise<string | null>;
  install: (wanted: Wanted) => Promise<RunResult>;
};

/** Another installation is waited for, s. */
const LOCK_S = 60;
const LOOK_MS = LOCK_S * 1_000 + 30_000;
/** 500 MB at 2 MB/s; a connection that says nothing for 30 s is given up by itself. */
const FETCH_MS = 250_000;
/** Unpacking ends by itself: killed in between it leaves a half-installed package. Longer than any script that answers. */
const INSTALL_MS = 240_000;

/** No question is asked, no service looked after, no unit started. */
const QUIET = { DEBIAN_FRONTEND: "noninteractive", DEBCONF_NONINTERACTIVE_SEEN: "true", NEEDRESTART_SUSPEND: "1" };
/** systemctl(1) then changes files only. */
const OFFLINE = { SYSTEMD_OFFLINE: "1" };

export const textOf = ({ stdout, stderr }: RunResult): string => `${stdout}\n${stderr}`;

/** An empty folder. */
function emptied(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
function archiveIn(folder: string, ending: string): string | null {
  const [file, second] = readdirSync(folder).filter((name) => name.endsWith(ending));
  return file === undefined || second !== undefined ? null : join(folder, file);
}

/** Where apt and dpkg keep their things; tests give a root of their own. */
export type AptPlace = { apt: readonly string[]; dpkgQuery: readonly string[]; policyFile: string };
const node: AptPlace = { apt: [], dpkgQuery: [], policyFile: POLICY_FILE };

export function aptManager({ apt, dpkgQuery, policyFile }: AptPlace = node): PackageManager {
  const call = (args: readonly string[], timeoutMs: number, cwd = "/") =>
    run(["apt-get", "-q", "-o", `DPkg::Lock::Timeout=${LOCK_S}`, "-o", "Acquire::http::Timeout=30", ...apt, ...args], {
      timeoutMs,
      cwd,
      env: { ...QUIET, ...OFFLINE },
    });
  const target = ({ name, version, file }: Wanted) => file ?? `${name}=${version}`;
  // The maintainer's files that somebody changed stay as they are.
  const install = ["install", "-y", "--no-install-recommends", "--allow-downgrades"];
  const keepFiles = ["-o", "DPkg::Options::=--force-confdef", "-o", "DPkg::Options::=--force-confold"];
  return {
    installed: async (name) =>
      parseDpkg((await run(["dpkg-query", ...dpkgQuery, "-W", "-f", DPKG_FORMAT, name])).stdout),
    async simulate(wanted) {
      const result = await call(["--simulate", ...install, target(wanted)], LOOK_MS);
      return { moves: result.code === 0 ? parseAptSimulation(result.stdout) : [], said: textOf(result) };
    },
    async fetch(wanted, folder) {
      const { code } = await call(["download", target(wanted)], FETCH_MS, emptied(folder));
      return code === 0 ? archiveIn(folder, ".deb") : null;
    },
    async install(wanted) {
      return withServicesHeld(
        () => call([...install, "--no-remove", ...keepFiles, target(wanted)], INSTALL_MS),
        policyFile,
      );
    },
  };
}

const LOCK_LISTS = ["/etc/dnf/plugins/versionlock.list", "/etc/yum/pluginconf.d/versionlock.list"];

/** Fedora, RHEL and their kin. */
export const dnfManager: PackageManager = {
  async installed(name) {
    const isHeld = LOCK_LISTS.some((file) => isLocked(readText(file) ?? "", name));
    const { stdout } = await run(["rpm", "-q", "--qf", RPM_FORMAT, name]);
    return parseRpm(stdout).map((version) => ({ version, isHeld, isWhole: true }));
  },
  async simulate(wanted) {
    const result = await dnf(["--assumeno", "install", spec(wanted)], LOOK_MS);
    return { moves: parseDnfTable(result.stdout), said: textOf(result) };
  },
  async fetch(wanted, folder, isInstalled) {
    const verb = isInstalled ? "reinstall" : "install";
    const { code } = await dnf(
      ["-y", verb, "--downloadonly", `--downloaddir=${emptied(folder)}`, spec(wanted)],
      FETCH_MS,
    );
    return code === 0 ? archiveIn(folder, ".rpm") : null;
  },
  install: (wanted) => dnf(["-y", "install", spec(wanted)], INSTALL_MS),
};
const spec = ({ name, version, file }: Wanted) => file ?? `${name}-${version}`;
const dnf = (args: readonly string[], timeoutMs: number) =>
  run(["dnf", "--setopt=install_weak_deps=False", "--setopt=timeout=30", `--setopt=exit_on_lock=False`, ...args], {
    timeoutMs,
    env: OFFLINE,
  });

/** The manager of this node. @throws Refusal where there is none that we know */
export function nodeManager(): PackageManager {
  if (existsSync("/var/lib/dpkg/status") && existsSync("/usr/bin/apt-get")) return aptManager();
  if (existsSync("/usr/bin/dnf") && existsSync("/usr/bin/rpm")) return dnfManager;
  throw new Refusal("no-manager", "this node has neither apt nor dnf");
}
