// Faults of the machine below the runtime: no open files left for it, a frozen disk, folders of pods that are gone.
import { createHash } from "node:crypto";
import { inNode, tryInNode } from "../exec.ts";
import { paths } from "../node-files.ts";
import type { Fault, FaultTarget } from "./fault.ts";

const daemon = 'pid=$(cat "$1"); [ "$(cat /proc/$pid/comm)" = containerd ] || exit 1';

export const filesExhausted: Fault = {
  id: "files-exhausted",
  title: "Runtime almost out of open files",
  does: "lowers containerd's limit of open files to just above what it has open: soon it accepts and starts nothing",
  check: "module-files-exhausted",
  repair: "raise the limit of the running process",
  asked: { pod: "cart-api", side: "ours" },
  async inject({ pid }) {
    const script = `${daemon}; n=$(ls /proc/$pid/fd | wc -l); prlimit --pid $pid --nofile=$((n * 100 / 93 + 2)):; echo "$n of $((n * 100 / 93 + 2))"`;
    return `containerd has ${(await inNode(pid, script, [paths.containerdPid])).trim()} files open`;
  },
  async heal({ pid }) {
    const script = `${daemon}; hard=$(awk '/^Max open files/ { print $5 }' /proc/$pid/limits); prlimit --pid $pid --nofile=$hard:`;
    await tryInNode(pid, script, [paths.containerdPid]);
    return "containerd may have as many files open as its hard limit";
  },
};

const disk = "/var/lib/containerd";

export const diskFrozen: Fault = {
  id: "disk-frozen",
  title: "Runtime's disk frozen",
  does: `freezes ${disk} (the node's own ext4), as a snapshot tool does that never comes back: every writer waits, and no signal ends it`,
  check: "filesystem-frozen",
  repair: "thaw it",
  asked: { pod: "shop-web", side: "ours" },
  async inject({ node, pid }) {
    if (node.storage !== "ext4")
      throw new Error("this machine has no loop device for the node's disk: nothing to freeze");
    await inNode(pid, 'fsfreeze --freeze "$1"', [disk]);
    return `${disk} is frozen`;
  },
  async heal({ node, pid }) {
    if (node.storage === "ext4") await tryInNode(pid, 'fsfreeze --unfreeze "$1"', [disk]);
    return `${disk} takes changes`;
  },
};

const podFolders = "/var/lib/kubelet/pods";
const orphanUids = ({ lab, node }: FaultTarget): string[] =>
  [1].map((n) =>
    createHash("sha256")
      .update(`${lab.id}/${node.name}/volumes-${n}`)
      .digest("hex")
      .replace(/^(.{8})(.)(.{3})(.)(.{3})(.)(.{3})(.{12}).*/, "$1-$2$3-4$5-8$7-$8"),
  );

export const orphanVolumes: Fault = {
  id: "orphan-volumes",
  title: "Volume folders of pods that are gone",
  does: `leaves empty volume folders below ${podFolders} for a pod that no runtime lists, an hour old, as after a forced removal`,
  check: "orphan-pod-volumes",
  repair: "remove exactly these empty folders",
  async inject(target) {
    const uids = orphanUids(target);
    await inNode(
      target.pid,
      `top=$1; shift; for uid in "$@"; do d=$top/$uid; mkdir -p $d/volumes/kubernetes.io~empty-dir/cache $d/etc-hosts.d; find $d -depth -exec touch -d "1 hour ago" {} +; done`,
      [podFolders, ...uids],
    );
    return `folders of ${uids.join(", ")}`;
  },
  async heal(target) {
    await inNode(
      target.pid,
      'top=$1; shift; for uid in "$@"; do if [ -d "$top/$uid" ]; then find "$top/$uid" -depth -type d -exec rmdir {} \\; ; fi; done',
      [podFolders, ...orphanUids(target)],
    );
    return "the folders are gone";
  },
};
