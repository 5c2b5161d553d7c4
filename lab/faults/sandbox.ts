// Fault: a real gVisor sandbox that no runtime knows, as a shim leaves it that died at the wrong moment.
import { createHash } from "node:crypto";
import { inNode, tryInNode } from "../exec.ts";
import type { Fault, FaultTarget } from "./fault.ts";

const idOf = ({ lab, node }: FaultTarget): string =>
  createHash("sha256").update(`${lab.id}/${node.name}/gvisor`).digest("hex");

const runsc =
  'root=/run/nodeops-lab/gvisor; runsc() { /usr/bin/runsc --root $root --platform=ptrace --network=none "$@"; }';

// The sandbox is runsc's own, with the shell of the host as its root; nothing in it is ever written.
const start = `
id=$1; ${runsc}
if runsc state $id 2>/dev/null | grep -q '"status": "running"'; then exit 0; fi
bundle=/run/nodeops-lab/bundles/$id; mkdir -p $bundle/rootfs/bin $root; cp /bin/busybox $bundle/rootfs/bin/busybox
cat > $bundle/config.json <<JSON
{"ociVersion":"1.0.2","process":{"args":["/bin/busybox","sleep","1000000"],"cwd":"/","user":{"uid":0,"gid":0},"env":["PATH=/bin"]},
 "root":{"path":"rootfs","readonly":true},"hostname":"left","linux":{"namespaces":[{"type":"pid"},{"type":"mount"},{"type":"ipc"},{"type":"uts"},{"type":"network"}]}}
JSON
setsid /usr/bin/runsc --root $root --platform=ptrace --network=none --ignore-cgroups run --detach --bundle $bundle $id < /dev/null > /run/nodeops-lab/runsc.log 2>&1 || { cat /run/nodeops-lab/runsc.log >&2; exit 1; }
pgrep -d " " -f -- "^runsc-(sandbox|gofer) .*$id"`;

export const sandboxProcess: Fault = {
  id: "sandbox-process",
  title: "gVisor sandbox left behind",
  does: "starts a real gVisor sandbox with runsc that containerd knows nothing of; it counts after a minute",
  check: "sandbox-process-leftover",
  repair: "end exactly the processes of that sandbox, after proof that no runtime lists it",
  async inject(target) {
    const pids = await inNode(target.pid, start, [idOf(target)], { timeoutMs: 40_000 });
    return `sandbox ${idOf(target)}: processes ${pids.trim()}`;
  },
  async heal(target) {
    const id = idOf(target);
    await tryInNode(
      target.pid,
      `id=$1; ${runsc}; runsc kill $id KILL; pkill -KILL -f -- "^runsc-(sandbox|gofer) .*$id"; sleep 0.3; runsc delete --force $id; rm -rf $root /run/nodeops-lab/bundles/$id`,
      [id],
    );
    return `no sandbox ${id}`;
  },
};
