// Pieces of facts that several fault fixtures and near misses are made of.
import type { FactData, Facts } from "../protocol/facts.ts";
import { aModule, aRuntime, failedProbe, healthyData, hexId, nodeFacts } from "./facts.ts";

export const base = healthyData();
export const lxcfsModule = aModule({ name: "lxcfs", kind: "lxcfs", process: { pid: 710, startTicks: 5_100 } });
export const RULES = "/etc/udev/rules.d/70-persistent-net.rules";
export const MAC_A = "52:54:00:00:00:0a";
export const MAC_B = "52:54:00:00:00:0b";

/** A runtime that fails its probe, with its module bent as `module` says. */
export const runtimeFault = (code: string, failures: number, module: Partial<FactData["modules"][number]>): Facts =>
  nodeFacts({ runtimes: [aRuntime({ probe: failedProbe(code, failures) })], modules: [aModule(module), lxcfsModule] });

export const network = (over: Partial<FactData["network"]>): FactData["network"] => ({ ...base.network, ...over });

export const leftoverMount = (containerId: string, leaf: string, over: object = {}) => ({
  mountPoint: `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${containerId}/${leaf}`,
  type: "tmpfs",
  source: "tmpfs",
  runtime: null,
  containerId,
  stacked: 1,
  busy: false,
  ...over,
});

export const cgroupOf = (word: string, processes: FactData["cgroups"]["containers"][number]["processes"]) => ({
  containerId: hexId(word),
  path: `/k8s.io/${hexId(word)}`,
  processes,
  oomKills: 0,
  pidsCurrent: processes.length,
  pidsMax: null,
  throttledRatio: 0,
});

export const zombies = (
  count: number,
  over: Partial<FactData["processes"]["zombieParents"][number]> = {},
): FactData["processes"] => ({
  ...base.processes,
  total: 120 + count,
  zombieCount: count,
  zombieParents: [
    {
      process: { pid: 900, startTicks: 7_000 },
      name: "sleep",
      count,
      containerId: hexId("app"),
      sample: ["[sh]"],
      ...over,
    },
  ],
});
