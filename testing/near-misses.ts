// Good fixtures: a healthy node, and readings that look a little like a fault but are none.
import type { Facts } from "../protocol/facts.ts";
import { aFilesystem, aModule, aNic, aShim, hexId, NOW, nodeFacts } from "./facts.ts";
import { base, cgroupOf, network, runtimeFault, zombies } from "./fault-parts.ts";
import { imageNearMisses } from "./faults-image.ts";
import { logsNearMisses } from "./faults-logs.ts";
import { machineNearMisses } from "./faults-machine.ts";
import { servicesNearMisses } from "./faults-services.ts";
import { workloadNearMisses } from "./near-misses-workload.ts";
import { networkNearMisses } from "./near-network.ts";

/** Healthy readings that look a little like a fault: no check may raise on them. */
export const nearMisses: { name: string; facts: Facts }[] = [
  { name: "a healthy node", facts: nodeFacts() },
  {
    name: "one failed probe (the runtime was restarted)",
    facts: runtimeFault("UNAVAILABLE", 1, { state: "stopped", process: null }),
  },
  {
    name: "a runtime that is slow right after its start",
    facts: runtimeFault("DEADLINE_EXCEEDED", 5, { startedAt: NOW - 20_000 }),
  },
  {
    name: "zombies in the cgroup of a removed container",
    facts: nodeFacts({
      cgroups: {
        ...base.cgroups,
        containers: [cgroupOf("ended", [{ pid: 4_100, startTicks: 1, ppid: 1, name: "x", state: "Z" }])],
      },
    }),
  },
  {
    name: "a container of a runtime that cannot be asked (its shim's owner is unknown)",
    facts: nodeFacts({
      cgroups: {
        ...base.cgroups,
        containers: [cgroupOf("foreign", [{ pid: 4_100, startTicks: 1, ppid: 9, name: "x", state: "S" }])],
      },
      processes: { ...base.processes, shims: [aShim(), aShim({ containerId: hexId("foreign"), known: null })] },
    }),
  },
  {
    name: "the agent runs in a container itself",
    facts: nodeFacts({
      cgroups: {
        ...base.cgroups,
        containers: [cgroupOf("self", [{ pid: 600, startTicks: 1, ppid: 1, name: "node", state: "S" }])],
      },
    }),
  },
  {
    name: "an image file mounted read-only is always full",
    facts: nodeFacts({
      filesystems: [aFilesystem(1, 1, { type: "squashfs", mountPoint: "/snap/core" }), aFilesystem(0.4, 0.1)],
    }),
  },
  {
    name: "a filesystem without an inode limit",
    facts: nodeFacts({ filesystems: [aFilesystem(0.4, 0, { inodesTotal: 0, inodesUsed: 0, type: "btrfs" })] }),
  },
  {
    name: "lxcfs is not installed",
    facts: nodeFacts({
      modules: [aModule()],
      lxcfs: { present: false, mountPoint: null, state: "absent", error: null, process: null, containers: [] },
    }),
  },
  {
    name: "a bond shares the MAC of its member",
    facts: nodeFacts({
      network: network({
        interfaces: [...base.network.interfaces, aNic("bond0", 10, "52:54:00:00:00:02", { kind: "bond" })],
      }),
    }),
  },
  {
    name: "a claimed NIC lives in a container's namespace now",
    facts: nodeFacts({
      network: network({ interfaces: base.network.interfaces.filter((nic) => nic.name !== "eth1") }),
    }),
  },
  {
    name: "a CNI file was replaced by another one",
    facts: nodeFacts({
      cni: { ...base.cni, missingFiles: [{ name: "05-old.conf", sha256: hexId("old"), at: NOW - 60_000 }] },
    }),
  },
  {
    name: "a volume that is meant to be read-only",
    facts: nodeFacts({ filesystems: [aFilesystem(0.99, 0.99, { readOnly: true, holds: [], mountPoint: "/data" })] }),
  },
  {
    name: "a task that waits for its disk",
    facts: nodeFacts({
      processes: {
        ...base.processes,
        uninterruptible: [
          {
            process: { pid: 70, startTicks: 7 },
            name: "dd",
            waitChannel: "io_schedule",
            since: NOW - 119_000,
            containerId: null,
          },
        ],
      },
    }),
  },
  { name: "a few zombies", facts: nodeFacts({ processes: zombies(6) }) },
  ...logsNearMisses,
  ...machineNearMisses,
  ...servicesNearMisses,
  ...networkNearMisses,
  ...imageNearMisses,
  ...workloadNearMisses,
];
