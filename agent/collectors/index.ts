// Every collector, one per kind of fact. "runtimes" comes first: others build on what it finds.
import type { FactKind } from "../../protocol/facts.ts";
import { agent } from "./agent.ts";
import { cgroups } from "./cgroups.ts";
import { cni } from "./cni.ts";
import { conntrack } from "./conntrack.ts";
import { containerUsage } from "./container-usage.ts";
import type { Collector } from "./define.ts";
import { filesystems } from "./filesystems.ts";
import { identity } from "./identity.ts";
import { lxcfs } from "./lxcfs.ts";
import { modules } from "./modules.ts";
import { mounts } from "./mounts.ts";
import { network } from "./network.ts";
import { pressure } from "./pressure.ts";
import { processes } from "./processes.ts";
import { resources } from "./resources.ts";
import { runtimeMetrics } from "./runtime-metrics.ts";
import { containers, images, pods, runtimes } from "./runtimes.ts";
import { limits, sysctls } from "./settings.ts";
import { timeSync } from "./time-sync.ts";

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
};
