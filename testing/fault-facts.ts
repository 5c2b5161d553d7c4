// What each fault looks like in the facts of an otherwise healthy node: the bad fixtures of the checks.
import type { CheckId } from "../checks/index.ts";
import {
  aContainer,
  aFilesystem,
  aModule,
  aNic,
  anExited,
  anImage,
  aRuntime,
  aShim,
  hexId,
  NOW,
  nodeFacts,
} from "./facts.ts";
import {
  base,
  cgroupOf,
  leftoverMount,
  lxcfsModule,
  MAC_A,
  MAC_B,
  network,
  RULES,
  runtimeFault,
  zombies,
} from "./fault-parts.ts";
import { imageFaults } from "./faults-image.ts";
import { logsFaults } from "./faults-logs.ts";
import { machineFaults } from "./faults-machine.ts";
import { networkFaults } from "./faults-network.ts";
import { servicesFaults } from "./faults-services.ts";
import { workloadFaults } from "./faults-workload.ts";
import type { FaultFixture } from "./fixture-words.ts";

/** At least one per check; the same reading of the facts must raise this check and no other. */
export const faultFacts: Record<CheckId, FaultFixture[]> = {
  "runtime-down": [
    {
      name: "killed: process gone, connection refused",
      facts: runtimeFault("UNAVAILABLE", 2, { state: "stopped", process: null, processState: null }),
      subject: "containerd",
      reason: "ProcessGone",
    },
    {
      name: "nobody can say what its process does",
      facts: runtimeFault("UNAVAILABLE", 2, { state: "unknown", process: null, processState: null }),
      subject: "containerd",
      reason: "ConnectionRefused",
    },
    {
      name: "its containers still run and are not listed any more",
      facts: {
        ...runtimeFault("ECONNREFUSED", 3, { state: "stopped", process: null, processState: null }),
        containers: { data: [], at: NOW, error: null },
        pods: { data: [], at: NOW, error: null },
        processes: {
          data: { ...base.processes, shims: [aShim({ known: false, liveChildren: 0 })] },
          at: NOW,
          error: null,
        },
      },
      subject: "containerd",
      reason: "ProcessGone",
    },
  ],
  "runtime-hung": [
    {
      name: "stopped by a signal",
      facts: runtimeFault("DEADLINE_EXCEEDED", 2, { state: "hung", processState: "T" }),
      subject: "containerd",
      reason: "ProcessStopped",
    },
    {
      name: "lives and does not answer",
      facts: runtimeFault("DEADLINE_EXCEEDED", 4, { state: "hung" }),
      subject: "containerd",
      reason: "ProbeTimeout",
    },
    {
      name: "lives without its socket",
      facts: runtimeFault("ECONNREFUSED", 6, {}),
      subject: "containerd",
      reason: "NotListening",
    },
    {
      name: "answers that it does not know the interface (plugin broken)",
      facts: runtimeFault("UNIMPLEMENTED", 4, {}),
      subject: "containerd",
      reason: "ProbeError",
    },
  ],
  "orphan-shim": [
    {
      name: "no child, unknown to the runtime",
      facts: nodeFacts({
        processes: {
          ...base.processes,
          shims: [
            aShim(),
            aShim({
              process: { pid: 5_000, startTicks: 9_000 },
              containerId: hexId("orphan"),
              known: false,
              liveChildren: 0,
              startedAt: NOW - 25_000,
            }),
          ],
        },
      }),
      subject: hexId("orphan"),
      reason: "ShimWithoutContainer",
    },
  ],
  "container-lost": [
    {
      name: "process lives, no runtime lists it",
      facts: nodeFacts({
        cgroups: {
          ...base.cgroups,
          containers: [
            ...base.cgroups.containers,
            cgroupOf("lost", [{ pid: 4_000, startTicks: 8_000, ppid: 1, name: "server", state: "S" }]),
          ],
        },
      }),
      subject: hexId("lost"),
      reason: "ContainerUnknown",
    },
    {
      name: "its shim lives on too, without the runtime's knowledge",
      facts: nodeFacts({
        cgroups: {
          ...base.cgroups,
          containers: [
            ...base.cgroups.containers,
            cgroupOf("lost", [{ pid: 4_000, startTicks: 8_000, ppid: 3_999, name: "server", state: "S" }]),
          ],
        },
        processes: {
          ...base.processes,
          shims: [
            aShim(),
            aShim({
              process: { pid: 3_999, startTicks: 7_999 },
              containerId: hexId("lost"),
              known: false,
              liveChildren: 1,
            }),
          ],
        },
      }),
      subject: hexId("lost"),
      reason: "ContainerUnknown",
    },
    {
      name: "listed as exited a minute ago, a child lives on",
      facts: nodeFacts({
        containers: [aContainer(), anExited("ended", 60_000)],
        cgroups: {
          ...base.cgroups,
          containers: [
            ...base.cgroups.containers,
            cgroupOf("ended", [{ pid: 4_100, startTicks: 8_100, ppid: 1, name: "child", state: "S" }]),
          ],
        },
      }),
      subject: hexId("ended"),
      reason: "ContainerEnded",
    },
  ],
  "filesystem-read-only": [
    {
      name: "remounted after an I/O error",
      facts: nodeFacts({ filesystems: [aFilesystem(0.95, 0.95, { readOnly: true })] }),
      subject: "/var/lib/containerd",
      reason: "ReadOnly",
    },
  ],
  "tasks-stuck": [
    {
      name: "waits for a dead server",
      facts: nodeFacts({
        processes: {
          ...base.processes,
          uninterruptible: [
            {
              process: { pid: 70, startTicks: 7 },
              name: "df",
              waitChannel: "nfs_wait_bit_killable",
              since: NOW - 120_000,
              containerId: null,
            },
          ],
        },
      }),
      subject: "tasks",
      reason: "Uninterruptible",
    },
  ],
  "clock-off": [
    {
      name: "three seconds behind",
      facts: nodeFacts({ timeSync: { source: null, synchronized: null, offsetMs: null, gatewayOffsetMs: -3_000 } }),
      subject: "clock",
      reason: "Behind",
    },
  ],
  "disk-almost-full": [
    {
      name: "runtime's filesystem at 93 % with unused images and dead containers",
      facts: nodeFacts({
        filesystems: [aFilesystem(0.93, 0.2)],
        containers: [aContainer(), anExited("dead-1", 600_000), anExited("dead-2", 300_000)],
        images: [...base.images, anImage("old-1"), anImage("old-2", { sizeBytes: 20 * 1024 ** 3 })],
      }),
      subject: "/var/lib/containerd",
      reason: "SpaceLow",
    },
  ],
  "inodes-almost-gone": [
    {
      name: "space free, inodes gone",
      facts: nodeFacts({
        filesystems: [aFilesystem(0.3, 0.97)],
        containers: [aContainer(), anExited("dead-1", 600_000)],
        images: [...base.images, anImage("old-1")],
      }),
      subject: "/var/lib/containerd",
      reason: "InodesLow",
    },
  ],
  "lxcfs-dead": [
    {
      name: "killed: dead mount on the node and in the containers",
      facts: nodeFacts({
        modules: [aModule(), { ...lxcfsModule, state: "stopped", process: null, processState: null }],
        lxcfs: {
          present: true,
          mountPoint: "/var/lib/lxcfs",
          state: "dead",
          error: "ENOTCONN: Transport endpoint is not connected",
          process: null,
          containers: [
            {
              containerId: hexId("app"),
              pid: 900,
              paths: ["/proc/meminfo"],
              ok: false,
              error: "Transport endpoint is not connected",
            },
          ],
        },
      }),
      subject: "/var/lib/lxcfs",
      reason: "TransportNotConnected",
    },
    {
      name: "stopped: no answer",
      facts: nodeFacts({ lxcfs: { ...base.lxcfs, state: "hung", error: "no answer in 2 s" } }),
      subject: "/var/lib/lxcfs",
      reason: "NoAnswer",
    },
    {
      name: "stopped by a signal: its mount waits",
      facts: nodeFacts({
        modules: [aModule(), { ...lxcfsModule, state: "hung", processState: "T" }],
        lxcfs: { ...base.lxcfs, state: "hung", error: "its process is stopped (state T)" },
      }),
      subject: "/var/lib/lxcfs",
      reason: "NoAnswer",
    },
    {
      name: "restarted without its containers",
      facts: nodeFacts({
        lxcfs: {
          ...base.lxcfs,
          containers: [{ containerId: hexId("app"), pid: 900, paths: ["/proc/meminfo"], ok: false, error: "ENOTCONN" }],
        },
      }),
      subject: "/var/lib/lxcfs",
      reason: "ContainersDetached",
    },
    {
      name: "unmounted under its containers",
      facts: nodeFacts({ lxcfs: { ...base.lxcfs, state: "unmounted", process: null } }),
      subject: "/var/lib/lxcfs",
      reason: "NotMounted",
    },
  ],
  "mount-leaked": [
    {
      name: "two mounts of a container that is gone",
      facts: nodeFacts({
        mounts: {
          ...base.mounts,
          containerMounts: [
            ...base.mounts.containerMounts,
            leftoverMount(hexId("gone"), "rootfs", { type: "overlay", source: "overlay" }),
            leftoverMount(hexId("gone"), "rootfs/data"),
          ],
        },
      }),
      subject: hexId("gone"),
      reason: "MountLeaked",
    },
  ],
  "cni-broken": [
    {
      name: "broken JSON, runtime says network not ready",
      facts: nodeFacts({
        runtimes: [
          aRuntime({
            conditions: [
              { type: "RuntimeReady", status: true, reason: "", message: "" },
              {
                type: "NetworkReady",
                status: false,
                reason: "NetworkPluginNotReady",
                message: "cni plugin not initialized",
              },
            ],
          }),
        ],
        cni: {
          ...base.cni,
          files: base.cni.files.map((f) => ({
            ...f,
            sha256: hexId("bad"),
            valid: false,
            error: "Unexpected end of JSON input",
          })),
        },
      }),
      subject: "10-lab.conflist",
      reason: "ConfigInvalid",
    },
    {
      name: "plugin binary missing, runtime still says ready",
      facts: nodeFacts({
        cni: { ...base.cni, files: base.cni.files.map((f) => ({ ...f, missingPlugins: ["bridge"] })) },
      }),
      subject: "10-lab.conflist",
      reason: "PluginMissing",
    },
    {
      name: "the only file is gone",
      facts: nodeFacts({
        cni: {
          ...base.cni,
          files: [],
          missingFiles: [{ name: "10-lab.conflist", sha256: hexId("good"), at: NOW - 60_000 }],
        },
      }),
      subject: "10-lab.conflist",
      reason: "ConfigGone",
    },
    {
      name: "files look good, the runtime says no",
      facts: nodeFacts({
        runtimes: [
          aRuntime({
            conditions: [
              { type: "NetworkReady", status: false, reason: "NetworkPluginNotReady", message: "no network" },
            ],
          }),
        ],
      }),
      subject: "containerd",
      reason: "NetworkNotReady",
    },
  ],
  "nic-name-collision": [
    {
      name: "name taken by a card that came later; the first one sits under the kernel's fallback name",
      facts: nodeFacts({
        network: network({
          interfaces: [
            ...base.network.interfaces.filter((n) => n.name !== "eth1"),
            aNic("eth1", 8, MAC_B),
            aNic("dev7", 7, MAC_A, { up: false, addresses: ["10.0.1.7/24"] }),
          ],
          claimedNames: [
            { file: RULES, line: 1, mac: MAC_A, name: "eth1" },
            { file: RULES, line: 2, mac: MAC_B, name: "eth1" },
          ],
        }),
      }),
      subject: MAC_A,
      reason: "NameTaken",
    },
    {
      name: "stuck under a fallback name, its own name free",
      facts: nodeFacts({
        network: network({
          interfaces: [...base.network.interfaces, aNic("rename9", 9, MAC_A, { up: false })],
          claimedNames: [...base.network.claimedNames, { file: RULES, line: 3, mac: MAC_A, name: "eth2" }],
          missingDevices: [{ name: "eth2", wantedBy: "20-eni.conf" }],
        }),
      }),
      subject: MAC_A,
      reason: "StuckUnderTemporaryName",
    },
    {
      name: "claimed MAC under an ordinary but wrong name",
      facts: nodeFacts({
        network: network({
          interfaces: [...base.network.interfaces, aNic("eth9", 9, MAC_A)],
          claimedNames: [
            ...base.network.claimedNames,
            { file: RULES, line: 3, mac: MAC_A.toUpperCase(), name: "eth2" },
          ],
        }),
      }),
      subject: MAC_A,
      reason: "NameMissed",
    },
    {
      name: "promised twice, nothing lost yet",
      facts: nodeFacts({
        network: network({
          claimedNames: [...base.network.claimedNames, { file: RULES, line: 3, mac: MAC_A, name: "eth1" }],
        }),
      }),
      subject: "eth1",
      reason: "NameClaimedTwice",
    },
  ],
  "conntrack-almost-full": [
    {
      name: "95 % used",
      facts: nodeFacts({
        conntrack: {
          ...base.conntrack,
          count: 950,
          usedRatio: 0.95,
          groups: { "udp unreplied": 900, "tcp ESTABLISHED": 50 },
        },
      }),
      subject: "conntrack",
      reason: "TableAlmostFull",
    },
  ],
  "zombie-pileup": [
    {
      name: "a container's first process does not reap",
      facts: nodeFacts({ processes: zombies(40) }),
      subject: hexId("app"),
      reason: "ParentDoesNotReap",
    },
    {
      name: "a daemon of the node does not reap",
      facts: nodeFacts({ processes: zombies(25, { name: "cron", containerId: null }) }),
      subject: "pid 900/7000",
      reason: "ParentDoesNotReap",
    },
  ],
  ...logsFaults,
  ...machineFaults,
  ...servicesFaults,
  ...networkFaults,
  ...imageFaults,
  ...workloadFaults,
};
