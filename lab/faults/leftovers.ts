// Faults where something outlives its container: a shim, a process, a mount.
import { createHash } from "node:crypto";
import { inside } from "../boot.ts";
import { inNode, until } from "../exec.ts";
import { containerPid, listPods, type PodSpec, removePods, startPod } from "../pods.ts";
import type { Fault, FaultTarget } from "./fault.ts";

/** A container id of the usual form, the same for the same node and purpose, so that heal finds what inject made. */
const madeUpId = ({ lab, node }: FaultTarget, purpose: string): string =>
  createHash("sha256").update(`${lab.id}/${node.name}/${purpose}`).digest("hex");

const taskDir = "/run/containerd/io.containerd.runtime.v2.task/k8s.io";

// The shim's own start command makes the real daemon; afterwards its bundle goes, as when its pod was removed.
const startShim = `
id=$1; bundle=${taskDir}/$id;
shim() { pgrep -f -- "^/usr/bin/containerd-shim-runc-v2 .*-id $id " || [ $? = 1 ]; }
if [ -n "$(shim)" ]; then shim; exit 0; fi
mkdir -p $bundle; cd $bundle
printf '{"ociVersion":"1.0.2","annotations":{"io.kubernetes.cri.sandbox-id":"%s","io.kubernetes.cri.container-type":"sandbox"}}' $id > config.json
mkfifo log; (timeout 5 cat log > /run/nodeops-lab/shim.log) < /dev/null > /dev/null 2>&1 &
TTRPC_ADDRESS=/run/containerd/containerd.sock.ttrpc setsid /usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id $id \\
  -address /run/containerd/containerd.sock -publish-binary /usr/bin/containerd start > address < /dev/null
path=$(cat address); path=\${path#unix://}
for i in $(seq 50); do ! grep -q "$path$" /proc/net/unix || break; sleep 0.1; done
sleep 0.3; cd /; rm -rf $bundle
[ -n "$(shim)" ] || { cat /run/nodeops-lab/shim.log >&2; exit 1; }
shim`;

export const orphanShim: Fault = {
  id: "orphan-shim",
  title: "Shim without a container",
  does: "starts containerd-shim-runc-v2 for a pod that the runtime does not know; its bundle is gone and it has no children",
  check: "orphan-shim",
  repair: "end exactly that shim, after proof that no container, pod or task of its id exists",
  async inject(target) {
    const id = madeUpId(target, "shim");
    const shim = (await inNode(target.pid, startShim, [id])).trim();
    return `shim ${shim} of pod ${id}`;
  },
  async heal(target) {
    const id = madeUpId(target, "shim");
    await inNode(target.pid, 'pkill -KILL -f -- "^/usr/bin/containerd-shim-runc-v2 .*-id $1 " || [ $? = 1 ]', [id]);
    return `no shim of ${id}`;
  },
};

const lostPod: PodSpec = {
  name: "coupon-worker",
  container: "worker",
  handler: "runc",
  labels: { app: "coupon-worker", tier: "batch" },
  script: "while :; do sleep 5; done",
};

/** Ids of containers whose process outlived them: a cgroup of that pod, with processes, that the runtime does not list. */
async function lostProcesses(target: FaultTarget): Promise<string[]> {
  const listing = await inNode(
    target.pid,
    'for d in /sys/fs/cgroup/{memory,.}/kubepods/pod*/*/; do if [ -n "$(cat "$d/cgroup.procs" 2>/dev/null)" ]; then basename "$d"; fi; done | sort -u',
  );
  const known = await target.cri(listPods);
  const ids = new Set([...known.sandboxes, ...known.containers].map((c) => c.id));
  return listing.split("\n").filter((id) => /^[0-9a-f]{64}$/.test(id) && !ids.has(id));
}

export const containerLost: Fault = {
  id: "container-lost",
  title: "Container gone from the runtime, process alive",
  does: "runs a pod, takes the OCI runtime's state of its container away, kills its shim and removes it: containerd forgets it, its process lives on",
  check: "container-lost",
  repair: "end the processes of that container's cgroup, after proof that the runtime does not know it",
  async inject(target) {
    const [already] = await lostProcesses(target);
    if (already) return `container ${already} is lost already`;
    return target.cri(async (cri) => {
      await removePods(cri, lostPod.name);
      const pod = await startPod(cri, target.node.name, inside(target.pid, "/var/log"), lostPod);
      const main = await containerPid(cri, pod.container);
      // without its state, runc cannot find the process when containerd cleans up after the shim
      await inNode(
        target.pid,
        'rm -rf /run/containerd/runc/k8s.io/$1; pkill -KILL -f -- "^/usr/bin/containerd-shim-runc-v2 .*-id $2 "',
        [pod.container, pod.sandbox],
      );
      await until("containerd notices the dead shim", 15_000, async () => {
        const { containers } = await listPods(cri);
        return containers.find((c) => c.id === pod.container)?.state === "CONTAINER_EXITED";
      });
      await removePods(cri, lostPod.name);
      await inNode(target.pid, "[ -d /proc/$1 ]", [String(main)]);
      return `container ${pod.container}: process ${main} lives, the runtime does not list it`;
    });
  },
  async heal(target) {
    const ids = await lostProcesses(target);
    const end =
      "for d in /sys/fs/cgroup/{memory,.}/kubepods/pod*/$1; do [ -e $d/cgroup.procs ] || continue; for p in $(cat $d/cgroup.procs); do kill -KILL $p; done; done";
    for (const id of ids) await inNode(target.pid, end, [id]);
    await inNode(
      target.pid,
      'sleep 0.2; for id in "$@"; do find /sys/fs/cgroup -depth -type d -path "*/kubepods/*/$id*" -exec rmdir {} \\; ; done',
      ids,
    );
    return `${ids.length} lost containers ended`;
  },
};

export const mountLeak: Fault = {
  id: "mount-leak",
  title: "Mount left behind by a removed container",
  does: "leaves an overlay mounted on the rootfs of a container that does not exist",
  check: "mount-leaked",
  repair: "detach exactly that mount; nothing below it is deleted",
  async inject(target) {
    const id = madeUpId(target, "mount");
    const rootfs = `${taskDir}/${id}/rootfs`;
    await inNode(
      target.pid,
      `! mountpoint -q "$1" || exit 0
       snapshot=$(ls -d /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/*/fs | head -n 1)
       mkdir -p "$1" /run/nodeops-lab/leak/{upper,work}
       mount -t overlay -o lowerdir=$snapshot,upperdir=/run/nodeops-lab/leak/upper,workdir=/run/nodeops-lab/leak/work overlay "$1"`,
      [rootfs],
    );
    return `overlay on ${rootfs}`;
  },
  async heal(target) {
    const id = madeUpId(target, "mount");
    const folder = `${taskDir}/${id}`;
    await inNode(
      target.pid,
      '! mountpoint -q "$1/rootfs" || umount "$1/rootfs"; rmdir "$1/rootfs" "$1" 2>/dev/null || true',
      [folder],
    );
    return `nothing mounted below ${folder}`;
  },
};
