// Faults of the runtime's disk: space or inodes used up by dead containers and an unused image.
import { writeFile } from "node:fs/promises";
import { inside } from "../boot.ts";
import { inNode, until } from "../exec.ts";
import { imageArchive } from "../image.ts";
import { listPods, type PodSpec, removePods, startPod } from "../pods.ts";
import type { Fault, FaultTarget } from "./fault.ts";

const root = "/var/lib/containerd";
const unusedImage = "localhost/nodeops-lab/report-archive:2024";

/** Size, use and inodes of a node's /var/lib/containerd, in bytes and counts. */
async function usage(pid: number): Promise<{ size: number; available: number; inodes: number; freeInodes: number }> {
  const text = await inNode(pid, 'stat -f -c "%S %b %a %c %d" "$1"', [root]);
  const [block = 0, blocks = 0, available = 0, inodes = 0, freeInodes = 0] = text.trim().split(" ").map(Number);
  return { size: block * blocks, available: block * available, inodes, freeInodes };
}

const deadPod = (name: string, script: string): PodSpec => ({
  name,
  container: "export",
  handler: "runc",
  labels: { app: name, tier: "batch" },
  script,
});

/** Runs a pod until its container ended: what a finished job leaves behind. */
async function leaveDeadPod(target: FaultTarget, spec: PodSpec): Promise<string> {
  return target.cri(async (cri) => {
    await removePods(cri, spec.name);
    const pod = await startPod(cri, target.node.name, inside(target.pid, "/var/log"), spec);
    await until(
      `${spec.name} ends`,
      60_000,
      async () => {
        const { containers } = await listPods(cri);
        return containers.find((c) => c.id === pod.container)?.state === "CONTAINER_EXITED";
      },
      200,
    );
    return pod.container;
  });
}

async function leaveUnusedImage(pid: number, bytes: number): Promise<void> {
  const data = Buffer.alloc(bytes, "nodeops lab: an archive nobody needs any more\n");
  const archive = imageArchive(unusedImage, [{ name: "archive.bin", type: "file", data }]);
  await writeFile(inside(pid, "/tmp/unused.tar"), archive);
  await inNode(pid, "ctr -n k8s.io images import /tmp/unused.tar >/dev/null; rm /tmp/unused.tar", [], {
    timeoutMs: 60_000,
  });
}

async function removeLeftovers(target: FaultTarget, pod: string): Promise<void> {
  await target.cri(async (cri) => {
    await removePods(cri, pod);
    const { images } = await cri("ListImages");
    if (images.some((i) => i.repo_tags.includes(unusedImage)))
      await cri("RemoveImage", { image: { image: unusedImage } });
  });
}

const percent = (part: number, whole: number): string => `${Math.round((100 * part) / whole)} %`;

export const diskFull: Fault = {
  id: "disk-full",
  title: "Disk almost full",
  does: "fills /var/lib/containerd to 95 % with an unused image and the files of a container that ended",
  check: "disk-almost-full",
  repair: "remove exited containers and unused images",
  asked: { pod: "shop-web", side: "ours" },
  async inject(target) {
    await removeLeftovers(target, "nightly-export");
    await leaveUnusedImage(target.pid, 12 * 1024 * 1024);
    const { available, size } = await usage(target.pid);
    const megabytes = Math.floor((available - size * 0.05) / 1024 / 1024);
    await leaveDeadPod(target, deadPod("nightly-export", `dd if=/dev/zero of=/export.csv bs=1M count=${megabytes}`));
    const now = await usage(target.pid);
    return `${root} ${percent(now.size - now.available, now.size)} full: exited container of pod nightly-export, image ${unusedImage}`;
  },
  async heal(target) {
    await removeLeftovers(target, "nightly-export");
    await freed(target.pid, ({ available, size }) => available > size / 2);
    return "exited container and unused image removed";
  },
};

export const inodesLow: Fault = {
  id: "inodes-low",
  title: "Inodes almost gone",
  does: "uses 95 % of the inodes of /var/lib/containerd by tiny files of a container that ended",
  check: "inodes-almost-gone",
  repair: "remove exited containers and unused images",
  asked: { pod: "shop-web", side: "ours" },
  async inject(target) {
    await removeLeftovers(target, "session-cache");
    const { inodes, freeInodes } = await usage(target.pid);
    const files = Math.floor(freeInodes - inodes * 0.05);
    const script = `mkdir /cache; i=0; while [ $i -lt ${files} ]; do : > /cache/session-$i; i=$((i + 1)); done`;
    await leaveDeadPod(target, deadPod("session-cache", script));
    const now = await usage(target.pid);
    return `${percent(now.inodes - now.freeInodes, now.inodes)} of the inodes of ${root} used: exited container of pod session-cache`;
  },
  async heal(target) {
    await removeLeftovers(target, "session-cache");
    await freed(target.pid, ({ freeInodes, inodes }) => freeInodes > inodes / 2);
    return "exited container removed";
  },
};

/** containerd frees blobs and snapshots a moment after the removal that made them garbage. */
const freed = (pid: number, enough: (now: Awaited<ReturnType<typeof usage>>) => boolean): Promise<boolean> =>
  until("containerd frees the space", 20_000, async () => enough(await usage(pid)), 200);
