// Every collector, one per kind of fact. "runtimes" comes first: others build on what it finds.
import type { FactKind } from "../../protocol/facts.ts";
import { agent } from "./agent.ts";
import { blockDevices } from "./block-devices.ts";
import { cards } from "./cards.ts";
import { certificates } from "./certificates.ts";
import { cgroups } from "./cgroups.ts";
import { cni } from "./cni.ts";
import { conntrack } from "./conntrack.ts";
import { containerLogs } from "./container-logs.ts";
import { containerUsage } from "./container-usage.ts";
import { cronJobs } from "./cron-jobs.ts";
import type { Collector } from "./define.ts";
import { distribution } from "./distribution.ts";
import { dns } from "./dns.ts";
import { endpoints } from "./endpoints.ts";
import { filesystems } from "./filesystems.ts";
import { firewall } from "./firewall.ts";
import { hardware } from "./hardware.ts";
import { identity } from "./identity.ts";
import { imageLayers } from "./image-layers.ts";
import { kernel } from "./kernel.ts";
import { kubelet } from "./kubelet.ts";
import { logMatches } from "./log-matches.ts";
import { lxcfs } from "./lxcfs.ts";
import { modules } from "./modules.ts";
import { mountHealth } from "./mount-health.ts";
import { mounts } from "./mounts.ts";
import { netstack } from "./netstack.ts";
import { network } from "./network.ts";
import { podNetwork } from "./pod-network.ts";
import { pressure } from "./pressure.ts";
import { processes } from "./processes.ts";
import { quotas } from "./quotas.ts";
import { resources } from "./resources.ts";
import { runtimeMetrics } from "./runtime-metrics.ts";
import { containers, images, pods, runtimes } from "./runtimes.ts";
import { sandboxes } from "./sandboxes.ts";
import { limits, sysctls } from "./settings.ts";
import { startup } from "./startup.ts";
import { systemd } from "./systemd.ts";
import { timeSync } from "./time-sync.ts";
import { vm } from "./vm.ts";
import { workload } from "./workload.ts";

/** Kind → collector; a kind without one does not compile. */
export const collectors: { [K in FactKind]: Collector<K> } = {
  runtimes,
  identity,
  modules,
  containers,
  pods,
  images,
  resources,
  pressure,
  filesystems,
  lxcfs,
  cgroups,
  processes,
  mounts,
  network,
  conntrack,
  cni,
  sysctls,
  limits,
  timeSync,
  containerUsage,
  runtimeMetrics,
  agent,
  logMatches,
  vm,
  blockDevices,
  mountHealth,
  hardware,
  kernel,
  systemd,
  kubelet,
  certificates,
  endpoints,
  dns,
  cronJobs,
  workload,
  containerLogs,
  sandboxes,
  quotas,
  netstack,
  podNetwork,
  firewall,
  cards,
  distribution,
  startup,
  imageLayers,
};
