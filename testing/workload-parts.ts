// Pieces of facts that fixtures of containers, sandboxes, shims and runtimes are made of.
import type { FactData, Facts } from "../protocol/facts.ts";
import {
  aContainer,
  aModule,
  anExited,
  aPod,
  aRuntime,
  aShim,
  type ContainerItem,
  hexId,
  NOW,
  nodeFacts,
  type PodItem,
} from "./facts.ts";
import { aWorkload } from "./facts-workload.ts";
import { base, lxcfsModule } from "./fault-parts.ts";

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const MIB = 1_048_576;
export const GIB = 1024 * MIB;
export const APP = hexId("app");
export const POD = hexId("pod");

export type Workload = FactData["workload"];
export type Seen = Workload["containers"][number];
export type Sandboxes = FactData["sandboxes"];
export type SandboxProcess = Sandboxes["processes"][number];

export const workloadOf = (over: Partial<Workload>): Workload => ({ ...base.workload, ...over });
/** The healthy container with a change. */
export const seen = (over: Partial<Seen>): Facts =>
  nodeFacts({ workload: workloadOf({ containers: [aWorkload(over)] }) });
export const advised = (advise: Workload["advise"], over: Partial<Seen>, more: Partial<FactData> = {}): Facts =>
  nodeFacts({ ...more, workload: workloadOf({ advise, containers: [aWorkload(over)] }) });
export const sandboxesOf = (over: Partial<Sandboxes>): Sandboxes => ({ ...base.sandboxes, ...over });

export const aSandbox = (over: Partial<SandboxProcess>): SandboxProcess => ({
  kind: "gvisor",
  role: "sentry",
  process: { pid: 5_100, startTicks: 60_000 },
  name: "exe",
  containerId: hexId("left"),
  isListed: false,
  state: "S",
  startedAt: NOW - 10 * MINUTE,
  rssBytes: 24 * MIB,
  isAgentAnswering: null,
  ...over,
});

export const deadPod = (word: string, ageMs: number, over: Partial<PodItem> = {}): PodItem =>
  aPod({ id: hexId(word), name: word, uid: `uid-${word}`, ready: false, createdAt: NOW - ageMs, ...over });

export const kubelet = aModule({
  name: "kubelet",
  kind: "kubelet",
  process: { pid: 720, startTicks: 5_200 },
  version: null,
});
export const withKubelet = [aModule(), lxcfsModule, kubelet];

/** `count` containers that ended, an hour and more ago. */
export const dead = (count: number): ContainerItem[] =>
  Array.from({ length: count }, (_, i) =>
    anExited(`d${i}`, HOUR + i * SECOND, { name: `job-${i % 7}`, podId: null, podUid: null, podName: null }),
  );

export const restart = (over: Partial<Workload["restarts"][number]>): Workload["restarts"][number] => ({
  runtime: "containerd",
  key: "containerd/uid-web/app",
  containerId: APP,
  name: "app",
  podName: "web",
  image: "local/app:1",
  count: 4,
  lastAt: NOW - 40 * SECOND,
  exitCode: 1,
  reason: "Error",
  ...over,
});

export const hook = (over: Partial<Workload["startHooks"][number]>): Workload["startHooks"][number] => ({
  containerId: APP,
  hook: "security-route",
  exitCode: 0,
  startedAt: NOW - 5 * MINUTE,
  endedAt: NOW - 5 * MINUTE + SECOND,
  message: null,
  ...over,
});

export const aQuota = (over: Partial<FactData["quotas"][number]>): FactData["quotas"][number] => ({
  containerId: APP,
  wantedBytes: 10 * GIB,
  limitBytes: 10 * GIB,
  usedBytes: 2 * GIB,
  fileSystem: "ext4",
  isQuotaMounted: true,
  mountPoint: "/var/lib/containerd",
  ...over,
});

export const aLog = (sizeBytes: number, over: Partial<FactData["containerLogs"][number]> = {}) => ({
  containerId: APP,
  runtime: "containerd",
  path: "/var/log/pods/default_web_uid-web/app/0.log",
  sizeBytes,
  growthBytesPerMinute: 0,
  rotatedCount: 0,
  filesystemBytes: 100 * GIB,
  mountPoint: "/",
  ...over,
});

/** The application with an operation container beside it, which others bend. */
export function withOps(ops: Partial<Seen>, app: Partial<Seen> = {}): Facts {
  const helper = aContainer({ id: hexId("ops"), name: "ops", pid: 950 });
  return nodeFacts({
    containers: [aContainer(), helper],
    workload: workloadOf({
      containers: [
        aWorkload(app),
        aWorkload({
          id: helper.id,
          process: { pid: 950, startTicks: 7_100 },
          isOps: true,
          qos: "burstable",
          cpuRequestMillis: 50,
          cpuLimitMillis: 200,
          ...ops,
        }),
      ],
    }),
  });
}

/** The healthy node's container under gVisor, with its sandbox processes. */
export function gvisor(processes: readonly Partial<SandboxProcess>[]): Facts {
  return nodeFacts({
    containers: [aContainer({ handler: "runsc" })],
    pods: [aPod({ handler: "runsc" })],
    sandboxes: sandboxesOf({ processes: processes.map((p) => aSandbox({ isListed: true, ...p })) }),
  });
}
export const gvisorWell: Partial<SandboxProcess>[] = [
  { containerId: POD },
  { containerId: POD, role: "gofer", process: { pid: 5_099, startTicks: 59_999 } },
  { containerId: APP, role: "gofer", process: { pid: 5_110, startTicks: 60_100 } },
];

export const manyPods = (count: number): Partial<FactData> => ({
  pods: Array.from({ length: count }, (_, i) => aPod({ id: hexId(`p${i}`), name: `web-${i}`, uid: `uid-${i}` })),
  containers: Array.from({ length: count }, (_, i) =>
    aContainer({ id: hexId(`c${i}`), name: "app", podId: hexId(`p${i}`), podName: `web-${i}`, podUid: `uid-${i}` }),
  ),
});

export const shimsOf = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    aShim({
      process: { pid: 10_000 + i, startTicks: 6_000 },
      containerId: hexId(`s${i}`),
      namespace: "ci",
      known: null,
    }),
  );

/** A runtime's daemon that runs without having been found as a runtime. */
export const unfound = (over: Partial<Sandboxes["daemons"][number]>, more: Partial<FactData> = {}): Facts =>
  nodeFacts({
    runtimes: [
      aRuntime({ id: "docker", kind: "docker", name: "docker", module: "dockerd", handlers: [], conditions: [] }),
    ],
    modules: [aModule(), aModule({ name: "dockerd", process: { pid: 705, startTicks: 5_010 } }), lxcfsModule],
    containers: [aContainer({ runtime: "docker" })],
    pods: [aPod({ runtime: "docker" })],
    sandboxes: sandboxesOf({ daemons: base.sandboxes.daemons.map((d) => ({ ...d, ...over })) }),
    ...more,
  });

export function manyPodsContainers(count: number): ContainerItem[] {
  return manyPods(count).containers ?? [];
}
