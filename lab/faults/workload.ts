// Faults of containers and what stands for them: a stopped shim, a frozen or full cgroup, dead sandboxes and containers, a log without end.
import { inside } from "../boot.ts";
import { inNode, tryInNode, until } from "../exec.ts";
import { listPods, type PodSpec, podConfigs, removePods, runningContainer, standingPods, startPod } from "../pods.ts";
import type { Fault, FaultTarget } from "./fault.ts";

/** The pattern by which pgrep knows the shim of a sandbox. */
const shimOf = (sandbox: string): string => `^/usr/bin/containerd-shim-runc-v2 .*-id ${sandbox} `;

const sandboxOf = (target: FaultTarget, pod: string): Promise<string> =>
  target.cri(async (cri) => (await runningContainer(cri, pod)).pod_sandbox_id);

export const shimHung: Fault = {
  id: "shim-hung",
  title: "Shim hung",
  does: "SIGSTOP to the shim of batch-report: its container runs on, but exec, stop and statistics of it hang",
  check: "shim-hung",
  repair: "let the shim go on",
  asked: { pod: "batch-report", side: "ours" },
  async inject(target) {
    const sandbox = await sandboxOf(target, "batch-report");
    const pid = await inNode(target.pid, 'p=$(pgrep -f -- "$1"); kill -STOP $p; echo $p', [shimOf(sandbox)]);
    return `stopped shim ${pid.trim()} of batch-report`;
  },
  async heal(target) {
    await inNode(target.pid, 'pkill -CONT -f -- "^/usr/bin/containerd-shim-runc-v2 " || [ $? = 1 ]');
    return "every shim goes on";
  },
};

/** Bash: folder of a container's cgroup in the hierarchy of a controller. */
const cgroup = (controller: string): string =>
  `top=/sys/fs/cgroup/${controller}; [ -d $top ] || top=/sys/fs/cgroup; dir=$(find $top -type d -name "$1" | head -n 1); [ -n "$dir" ]`;

const thaw = `${cgroup("freezer")}; if [ -e $dir/cgroup.freeze ]; then echo 0 > $dir/cgroup.freeze; else echo THAWED > $dir/freezer.state; fi`;

export const containerFrozen: Fault = {
  id: "container-frozen",
  title: "Container frozen",
  does: "freezes the cgroup of cart-api's container behind the runtime's back: it is listed as running and does nothing",
  check: "container-frozen",
  repair: "thaw it",
  asked: { pod: "cart-api", side: "ours" },
  async inject(target) {
    const { id } = await target.cri((cri) => runningContainer(cri, "cart-api"));
    const freeze = `${cgroup("freezer")}; if [ -e $dir/cgroup.freeze ]; then echo 1 > $dir/cgroup.freeze; else echo FROZEN > $dir/freezer.state; fi`;
    await inNode(target.pid, freeze, [id]);
    return `container ${id} of cart-api is frozen`;
  },
  async heal(target) {
    const { id } = await target.cri((cri) => runningContainer(cri, "cart-api"));
    await inNode(target.pid, thaw, [id]);
    return `container ${id} of cart-api is thawed`;
  },
};

const narrowPod: PodSpec = {
  name: "queue-worker",
  container: "worker",
  handler: "crun",
  labels: { app: "queue-worker", tier: "batch" },
  script: "exec sleep 1000000",
};

export const pidsLimit: Fault = {
  id: "pids-limit",
  title: "Container at its task limit",
  does: "runs a pod and sets the task limit of its container to what it uses: it can start nothing more",
  check: "container-pids-limit",
  repair: "raise the limit",
  asked: { pod: "queue-worker", side: "yours" },
  async inject(target) {
    return target.cri(async (cri) => {
      await removePods(cri, narrowPod.name);
      const { container } = await startPod(cri, target.node.name, inside(target.pid, "/var/log"), narrowPod);
      await inNode(target.pid, `${cgroup("pids")}; cat $dir/pids.current > $dir/pids.max`, [container]);
      return `container ${container} may have as many tasks as it has`;
    });
  },
  async heal(target) {
    await target.cri((cri) => removePods(cri, narrowPod.name));
    return `pod ${narrowPod.name} is gone`;
  },
};

const stalePod: PodSpec = {
  name: "price-import",
  container: "import",
  handler: "crun",
  labels: { app: "price-import", tier: "batch" },
  script: "exit 3",
  byHand: true,
};

export const sandboxLeftover: Fault = {
  id: "sandbox-leftover",
  title: "Dead pod sandbox left behind",
  does: "runs a pod as people do by hand (no kubelet owns it) that ends, removes its container and stops its sandbox: it stays in the list and holds what it had; it counts after a minute",
  check: "sandbox-leftover",
  repair: "remove exactly that sandbox",
  async inject(target) {
    return target.cri(async (cri) => {
      await removePods(cri, stalePod.name);
      const pod = await startPod(cri, target.node.name, inside(target.pid, "/var/log"), stalePod);
      await ended(() => listPods(cri), [pod.container]);
      await cri("RemoveContainer", { container_id: pod.container });
      await cri("StopPodSandbox", { pod_sandbox_id: pod.sandbox });
      return `sandbox ${pod.sandbox} of ${stalePod.name} is not ready`;
    });
  },
  async heal(target) {
    await target.cri((cri) => removePods(cri, stalePod.name));
    return `no sandbox of ${stalePod.name}`;
  },
};

const ended = (list: () => ReturnType<typeof listPods>, ids: readonly string[]): Promise<boolean> =>
  until(
    "the containers end",
    60_000,
    async () => {
      const { containers } = await list();
      return ids.every((id) => containers.find((c) => c.id === id)?.state === "CONTAINER_EXITED");
    },
    200,
  );

const crashPod: PodSpec = {
  name: "feed-sync",
  container: "sync",
  handler: "crun",
  labels: { app: "feed-sync", tier: "batch" },
  script: "exit 0",
};
const deadCount = 55;

export const deadContainers: Fault = {
  id: "dead-containers",
  title: "Dead containers pile up",
  does: `runs ${deadCount} containers of a pod that end and that nobody removes, as a job without garbage collection`,
  check: "dead-containers-many",
  repair: "remove exited containers",
  async inject(target) {
    return target.cri(async (cri) => {
      await removePods(cri, crashPod.name);
      const pod = await startPod(cri, target.node.name, inside(target.pid, "/var/log"), crashPod);
      const ids = [pod.container];
      for (let n = 1; n < deadCount; n++) {
        // each under a name of its own: the same one over and over would be a container that restarts
        const { sandbox, container } = podConfigs(target.node.name, { ...crashPod, container: `sync-${n}` });
        const config = { ...container, log_path: `${crashPod.container}/${n}.log` };
        const request = { pod_sandbox_id: pod.sandbox, config, sandbox_config: sandbox };
        const { container_id } = await cri("CreateContainer", request, 60_000);
        await cri("StartContainer", { container_id }, 60_000);
        ids.push(container_id);
      }
      await ended(() => listPods(cri), ids);
      return `${ids.length} containers of ${crashPod.name} have ended`;
    });
  },
  async heal(target) {
    await target.cri((cri) => removePods(cri, crashPod.name));
    return `pod ${crashPod.name} is gone`;
  },
};

/** Larger than half a GiB, from which on a log counts as too large on any disk. */
const logBytes = 640 * 1024 * 1024;

/** Where containerd writes it: the folder of the pod and what the container was made with. */
async function logOf(target: FaultTarget, pod: string): Promise<string> {
  const spec = standingPods.find((p) => p.name === pod);
  if (!spec) throw new Error(`no standing pod ${pod}`);
  const { info } = await target.cri(async (cri) => {
    const { id } = await runningContainer(cri, pod);
    return cri("ContainerStatus", { container_id: id, verbose: true });
  });
  const { config } = JSON.parse(info.info ?? "{}") as { config?: { log_path?: string } };
  if (!config?.log_path) throw new Error(`containerd names no log of ${pod}`);
  return `${podConfigs(target.node.name, spec).logFolder}/${config.log_path}`;
}

export const logLarge: Fault = {
  id: "log-large",
  title: "Container log without end",
  does: "lets the log of batch-report grow to 640 MiB (a sparse file: it takes no space), as when nobody rotates it",
  check: "container-log-large",
  repair: "cut the log to its last part, in place",
  asked: { pod: "batch-report", side: "either" },
  async inject(target) {
    const path = await logOf(target, "batch-report");
    await inNode(
      target.pid,
      'truncate -s "$2" "$1"; printf "%s stdout F level=info msg=last-line\\n" "$(date -Ins | tr , .)" >> "$1"',
      [path, String(logBytes)],
    );
    return `${path} has ${logBytes} bytes`;
  },
  async heal(target) {
    const path = await logOf(target, "batch-report");
    await tryInNode(target.pid, 'if [ "$(stat -c %s "$1")" -gt "$2" ]; then truncate -s 0 "$1"; fi', [
      path,
      String(logBytes / 2),
    ]);
    return `${path} is short`;
  },
};
