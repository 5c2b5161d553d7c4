// The pods of a lab node: what stands on every node, and starting, finding, restarting and removing pods over the CRI.
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import type { Container, Cri, PodSandbox } from "./cri.ts";
import { podImage } from "./node-files.ts";

/** A pod with one container. */
export interface PodSpec {
  name: string;
  /** Container name. */
  container: string;
  handler: "runc" | "crun" | "runsc";
  labels: Record<string, string>;
  script: string;
  image?: string;
  memoryBytes?: number;
  /** Binds lxcfs over /proc/meminfo, /proc/cpuinfo, /proc/stat and /proc/uptime. */
  lxcfs?: boolean;
  /** Its sandbox carries no label of a kubelet. */
  byHand?: boolean;
}

const namespace = "shop";
const talk = (line: string, every: number): string =>
  `while :; do echo "$(date -Iseconds) level=info ${line}"; sleep ${every}; done`;

/** The pods every lab node runs: all three handlers, one with lxcfs, one whose first process does not reap. */
export const standingPods: readonly PodSpec[] = [
  {
    name: "shop-web",
    container: "web",
    handler: "runc",
    labels: { app: "shop-web", tier: "frontend" },
    script: talk("msg=request path=/cart status=200 ms=12", 7),
    memoryBytes: 64 * 1024 * 1024,
    lxcfs: true,
  },
  {
    name: "cart-api",
    container: "api",
    handler: "crun",
    labels: { app: "cart-api", tier: "backend" },
    script: talk("msg=checkpoint items=3", 11),
    memoryBytes: 96 * 1024 * 1024,
  },
  {
    name: "batch-report",
    container: "report",
    handler: "runc",
    labels: { app: "batch-report", tier: "batch" },
    // as an image without an init: the first process is the program itself and never collects the children handed to it
    script: `(${talk("msg=rows written=1200", 13)}) & exec sleep 1000000`,
  },
  {
    name: "thumbnailer",
    container: "resize",
    handler: "runsc",
    labels: { app: "thumbnailer", tier: "sandboxed" },
    script: talk("msg=resized images=4", 17),
  },
];

const lxcfsFiles = ["meminfo", "cpuinfo", "stat", "uptime"];

const uid = (text: string): string =>
  createHash("sha256")
    .update(text)
    .digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, "$1-$2-$3-$4-$5");

/** The configs of a pod's sandbox and its one container, as a kubelet would send them. */
export function podConfigs(
  node: string,
  spec: PodSpec,
  attempt = 0,
): { sandbox: object; container: object; logFolder: string } {
  const podUid = uid(`${node}/${spec.name}`);
  const logFolder = `/var/log/pods/${namespace}_${spec.name}_${podUid}`;
  const kubelet = {
    "io.kubernetes.pod.name": spec.name,
    "io.kubernetes.pod.namespace": namespace,
    "io.kubernetes.pod.uid": podUid,
  };
  const own = { pid: "CONTAINER", network: "POD", ipc: "POD" };
  return {
    logFolder,
    sandbox: {
      metadata: { name: spec.name, uid: podUid, namespace, attempt },
      hostname: spec.name,
      log_directory: logFolder,
      labels: { ...spec.labels, ...(spec.byHand ? {} : kubelet) },
      linux: { cgroup_parent: `/kubepods/pod${podUid}`, security_context: { namespace_options: own } },
    },
    container: {
      metadata: { name: spec.container, attempt },
      image: { image: spec.image ?? podImage },
      command: ["/bin/sh", "-c", spec.script],
      labels: { ...spec.labels, ...kubelet, "io.kubernetes.container.name": spec.container },
      log_path: `${spec.container}/${attempt}.log`,
      mounts: spec.lxcfs
        ? lxcfsFiles.map((f) => ({
            container_path: `/proc/${f}`,
            host_path: `/var/lib/lxcfs/proc/${f}`,
            readonly: true,
          }))
        : [],
      linux: {
        resources: { memory_limit_in_bytes: spec.memoryBytes ?? 0 },
        security_context: { namespace_options: own },
      },
    },
  };
}

/** Which pods and containers a node has now. */
export async function listPods(cri: Cri): Promise<{ sandboxes: PodSandbox[]; containers: Container[] }> {
  const [pods, containers] = await Promise.all([cri("ListPodSandbox"), cri("ListContainers")]);
  return { sandboxes: pods.items, containers: containers.containers };
}

/** Starts a pod; `logRoot` is the node's /var/log seen from here. Returns the ids of sandbox and container. */
export async function startPod(
  cri: Cri,
  node: string,
  logRoot: string,
  spec: PodSpec,
): Promise<{ sandbox: string; container: string }> {
  const configs = podConfigs(node, spec);
  await mkdir(`${logRoot}${configs.logFolder.slice("/var/log".length)}/${spec.container}`, { recursive: true });
  const { pod_sandbox_id } = await cri(
    "RunPodSandbox",
    { config: configs.sandbox, runtime_handler: spec.handler },
    60_000,
  );
  const request = { pod_sandbox_id, config: configs.container, sandbox_config: configs.sandbox };
  const { container_id } = await cri("CreateContainer", request, 60_000);
  await cri("StartContainer", { container_id }, 60_000);
  return { sandbox: pod_sandbox_id, container: container_id };
}

/** Starts those of `specs` that do not run; what is left of a dead one is removed first. Returns how many it started. */
export async function ensurePods(cri: Cri, node: string, logRoot: string, specs: readonly PodSpec[]): Promise<number> {
  let started = 0;
  for (const spec of specs) {
    const { sandboxes, containers } = await listPods(cri);
    const mine = sandboxes.filter((s) => s.metadata.name === spec.name);
    const runs = containers.some(
      (c) =>
        c.state === "CONTAINER_RUNNING" && mine.some((s) => s.id === c.pod_sandbox_id && s.state === "SANDBOX_READY"),
    );
    if (runs) continue;
    for (const sandbox of mine) await removeSandbox(cri, sandbox.id);
    await startPod(cri, node, logRoot, spec);
    started++;
  }
  return started;
}

/** Stops and removes a sandbox with its containers. */
export async function removeSandbox(cri: Cri, id: string): Promise<void> {
  await cri("StopPodSandbox", { pod_sandbox_id: id }, 30_000);
  await cri("RemovePodSandbox", { pod_sandbox_id: id }, 30_000);
}

/** Removes every pod of that name. */
export async function removePods(cri: Cri, name: string): Promise<void> {
  const { sandboxes } = await listPods(cri);
  for (const sandbox of sandboxes.filter((s) => s.metadata.name === name)) await removeSandbox(cri, sandbox.id);
}

/** The running container of the pod of that name; throws when there is none. */
export async function runningContainer(cri: Cri, podName: string): Promise<Container> {
  const { sandboxes, containers } = await listPods(cri);
  const found = containers.find(
    (c) =>
      c.state === "CONTAINER_RUNNING" &&
      sandboxes.some((s) => s.id === c.pod_sandbox_id && s.metadata.name === podName),
  );
  if (!found) throw new Error(`pod ${podName} has no running container on this node`);
  return found;
}

/** The pid of a container's first process, as the node sees it. */
export async function containerPid(cri: Cri, id: string): Promise<number> {
  const { info } = await cri("ContainerStatus", { container_id: id, verbose: true });
  const pid = (JSON.parse(info.info ?? "{}") as { pid?: number }).pid;
  if (!pid) throw new Error(`containerd names no process of container ${id}`);
  return pid;
}

/** Replaces a container of a standing pod by a fresh one in the same sandbox, as a kubelet does after it died. */
export async function restartContainer(cri: Cri, node: string, spec: PodSpec): Promise<void> {
  const { sandboxes, containers } = await listPods(cri);
  const sandbox = sandboxes.find((s) => s.metadata.name === spec.name && s.state === "SANDBOX_READY");
  if (!sandbox) throw new Error(`pod ${spec.name} has no ready sandbox`);
  const old = containers.filter((c) => c.pod_sandbox_id === sandbox.id);
  for (const container of old) {
    await cri("StopContainer", { container_id: container.id, timeout: 1 });
    await cri("RemoveContainer", { container_id: container.id });
  }
  const attempt = Math.max(0, ...old.map((c) => c.metadata.attempt + 1));
  const configs = podConfigs(node, spec, attempt);
  const sandboxConfig = podConfigs(node, spec).sandbox;
  const request = { pod_sandbox_id: sandbox.id, config: configs.container, sandbox_config: sandboxConfig };
  const { container_id } = await cri("CreateContainer", request);
  await cri("StartContainer", { container_id });
}
