// Which modules a node has: those of its configuration, and the usual daemons of container hosts where they run or are meant to run.
import { existsSync } from "node:fs";
import type { AgentConfig, ManagerConfig, ModuleKind } from "../config.ts";
import { findUnit } from "./units.ts";

export type ModuleSpec = {
  name: string;
  kind: ModuleKind;
  manager: ManagerConfig | null;
  /** comm of its main process. */
  comm: string;
  log: string | null;
  /** Named in the configuration or enabled as a unit: its absence is a fault, not a choice. */
  wanted: boolean;
};

/** Daemons that are recognised by themselves; `plugin`: shown as absent where it is not. */
const usual: readonly { name: string; kind: ModuleKind; plugin?: boolean }[] = [
  { name: "containerd", kind: "runtime" },
  { name: "dockerd", kind: "runtime" },
  { name: "crio", kind: "runtime" },
  { name: "pouchd", kind: "runtime" },
  { name: "lxcfs", kind: "lxcfs", plugin: true },
  { name: "kubelet", kind: "kubelet" },
  { name: "dfdaemon", kind: "dragonfly", plugin: true },
  { name: "overlaybd-tcmu", kind: "overlaybd", plugin: true },
  { name: "overlaybd-snapshotter", kind: "overlaybd" },
  { name: "fluent-bit", kind: "logging" },
  { name: "filebeat", kind: "logging" },
  { name: "ilogtail", kind: "logging" },
  { name: "vector", kind: "logging" },
  { name: "chronyd", kind: "other" },
  { name: "ntpd", kind: "other" },
  { name: "systemd-timesyncd", kind: "other" },
];

/** comm holds at most 15 characters. */
const commOf = (name: string): string => name.slice(0, 15);

const unitNames: Record<string, string> = { dockerd: "docker", pouchd: "pouch" };

/** Does systemd run here as the first process (sd_booted(3))? */
export const systemdRuns = (): boolean => existsSync("/run/systemd/system");

function unitOf(name: string): { unit: string; enabled: boolean } | null {
  if (!systemdRuns()) return null;
  const unit = `${unitNames[name] ?? name}.service`;
  const found = findUnit(unit);
  return found && { unit, enabled: found.isEnabled };
}

/**
 * The modules to look at.
 * @param running comm of every local process
 */
export function moduleSpecs(config: AgentConfig, running: ReadonlySet<string>): ModuleSpec[] {
  const specs = new Map<string, ModuleSpec>();
  for (const item of config.modules) {
    const unit = item.manager ? null : unitOf(item.name);
    specs.set(item.name, {
      name: item.name,
      kind: item.kind,
      manager: item.manager ?? (unit ? { type: "systemd", unit: unit.unit } : null),
      comm: commOf(item.process ?? item.name),
      log: item.log ?? null,
      wanted: true,
    });
  }
  for (const { name, kind, plugin } of usual) {
    if (specs.has(name)) continue;
    const unit = unitOf(name);
    if (!running.has(commOf(name)) && !unit?.enabled && !plugin) continue;
    specs.set(name, {
      name,
      kind,
      manager: unit ? { type: "systemd", unit: unit.unit } : null,
      comm: commOf(name),
      log: null,
      wanted: unit?.enabled ?? false,
    });
  }
  return [...specs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
