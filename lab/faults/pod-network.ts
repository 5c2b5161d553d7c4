// Faults on the way between pods and their node: bridge, veth, neighbour table, forwarding, filters, and what the CNI leaves behind.
import { createHash } from "node:crypto";
import { inNode, tryInNode } from "../exec.ts";
import { containerPid, runningContainer } from "../pods.ts";
import type { Fault, FaultTarget } from "./fault.ts";

const bridge = "cni0";
/** Pods' addresses of the node, as its CNI file gives them. */
const podRange = ({ node }: FaultTarget, last = "0/24"): string => `10.244.${node.index % 256}.${last}`;
const madeUpId = ({ lab, node }: FaultTarget, purpose: string): string =>
  createHash("sha256").update(`${lab.id}/${node.name}/${purpose}`).digest("hex");

export const bridgeDown: Fault = {
  id: "bridge-down",
  title: "Container bridge switched off",
  does: `sets ${bridge} down, as a network manager does that takes it for its own: no pod reaches anything`,
  check: "bridge-down",
  repair: "set the bridge up",
  asked: { pod: "cart-api", side: "ours" },
  async inject({ pid }) {
    await inNode(pid, 'ip link set "$1" down', [bridge]);
    return `${bridge} is down`;
  },
  async heal({ pid }) {
    await inNode(pid, 'ip link set "$1" up', [bridge]);
    return `${bridge} is up`;
  },
};

/** Name of the end on the node of a pod's interface. */
async function hostEnd(target: FaultTarget, pod: string): Promise<string> {
  const main = await target.cri(async (cri) => containerPid(cri, (await runningContainer(cri, pod)).id));
  const byIndex = `index=$(nsenter -t "$1" -n ip -o link show eth0 | sed 's/.*eth0@if\\([0-9]*\\):.*/\\1/'); ip -o link show | sed -n "s/^$index: \\([^@:]*\\).*/\\1/p"`;
  const name = (await inNode(target.pid, byIndex, [String(main)])).trim();
  if (name === "") throw new Error(`no interface of the node belongs to pod ${pod}`);
  return name;
}

export const podLinkCut: Fault = {
  id: "pod-link-cut",
  title: "Pod taken out of its bridge",
  does: "takes the node's end of cart-api's interface out of the bridge: that pod reaches nothing, all others go on",
  check: "pod-link-broken",
  repair: "put that end back into its bridge",
  asked: { pod: "cart-api", side: "ours" },
  async inject(target) {
    const name = await hostEnd(target, "cart-api");
    await inNode(target.pid, 'ip link set "$1" nomaster', [name]);
    return `${name} of cart-api is in no bridge`;
  },
  async heal(target) {
    const name = await hostEnd(target, "cart-api");
    await inNode(target.pid, 'ip link set "$1" master "$2" up', [name, bridge]);
    return `${name} is in ${bridge}`;
  },
};

async function podAddress(target: FaultTarget, pod: string): Promise<string> {
  const main = await target.cri(async (cri) => containerPid(cri, (await runningContainer(cri, pod)).id));
  const text = await inNode(target.pid, 'nsenter -t "$1" -n ip -4 -o addr show dev eth0', [String(main)]);
  const address = /inet (\d+\.\d+\.\d+\.\d+)/.exec(text)?.[1];
  if (!address) throw new Error(`pod ${pod} has no address`);
  return address;
}

export const neighbourWrong: Fault = {
  id: "neighbour-wrong",
  title: "Wrong neighbour entry",
  does: "fixes another MAC for the address of batch-report in the node's neighbour table: packets for that pod are lost",
  check: "neighbour-wrong",
  repair: "drop the entry, the kernel asks anew",
  asked: { pod: "batch-report", side: "ours" },
  async inject(target) {
    const address = await podAddress(target, "batch-report");
    await inNode(target.pid, 'ip neigh replace "$1" lladdr 02:00:5e:00:53:01 dev "$2" nud permanent', [
      address,
      bridge,
    ]);
    return `${address} is fixed to 02:00:5e:00:53:01`;
  },
  async heal(target) {
    const address = await podAddress(target, "batch-report");
    await tryInNode(target.pid, 'ip neigh show to "$1" dev "$2" | grep -q PERMANENT && ip neigh del "$1" dev "$2"', [
      address,
      bridge,
    ]);
    return `${address} is asked for anew`;
  },
};

/** Sets a kernel setting of the node's own network namespace. */
const sysctl = (pid: number, key: string, value: number): Promise<string> =>
  inNode(pid, 'echo "$2" > "/proc/sys/$1"', [key.replaceAll(".", "/"), String(value)]);

export const ipForwardOff: Fault = {
  id: "ip-forward-off",
  title: "IP forwarding switched off",
  does: "sets net.ipv4.ip_forward of the node to 0, as a hardening tool does: pods reach nothing beyond the node",
  check: "ip-forward-off",
  repair: "turn it on",
  asked: { pod: "cart-api", side: "ours" },
  async inject({ pid }) {
    await sysctl(pid, "net.ipv4.ip_forward", 0);
    return "net.ipv4.ip_forward = 0";
  },
  async heal({ pid }) {
    await sysctl(pid, "net.ipv4.ip_forward", 1);
    return "net.ipv4.ip_forward = 1";
  },
};

export const rpFilterStrict: Fault = {
  id: "rp-filter-strict",
  title: "Reverse path filter too strict",
  does: "sets rp_filter of eth1 to 1 although the node's configuration wants 2: answers on another path are dropped",
  check: "rp-filter-strict",
  repair: "set it back to what the configuration wants",
  asked: { pod: "cart-api", side: "ours" },
  async inject({ pid }) {
    await sysctl(pid, "net.ipv4.conf.eth1.rp_filter", 1);
    return "net.ipv4.conf.eth1.rp_filter = 1";
  },
  async heal({ pid }) {
    // where the NIC has another name for now, its setting goes with it
    await tryInNode(pid, "echo 2 > /proc/sys/net/ipv4/conf/eth1/rp_filter");
    return "net.ipv4.conf.eth1.rp_filter = 2";
  },
};

export const rejectRule: Fault = {
  id: "reject-rule",
  title: "Rule that refuses pods' traffic",
  does: "puts a REJECT rule for the pods' range before all others of FORWARD, as by hand",
  check: "unexpected-reject-rule",
  repair: "take exactly that rule out; it can be put back",
  asked: { pod: "cart-api", side: "ours" },
  async inject(target) {
    await inNode(
      target.pid,
      'iptables -w 5 -C FORWARD -s "$1" -j REJECT 2>/dev/null || iptables -w 5 -I FORWARD -s "$1" -j REJECT',
      [podRange(target)],
    );
    return `FORWARD rejects what comes from ${podRange(target)}`;
  },
  async heal(target) {
    await tryInNode(target.pid, 'while iptables -w 5 -D FORWARD -s "$1" -j REJECT 2>/dev/null; do :; done', [
      podRange(target),
    ]);
    return "FORWARD has no such rule";
  },
};

const leases = "/var/lib/cni/networks/nodeops";
const leaked = [200, 201, 202, 203];

export const leasesLeaked: Fault = {
  id: "leases-leaked",
  title: "Pod addresses never given back",
  does: `leaves ${leaked.length} addresses with host-local for pods that are gone, as a runtime does that is killed while it removes pods`,
  check: "cni-leases-leaked",
  repair: "give exactly these addresses back",
  async inject(target) {
    const args = leaked.flatMap((last) => [podRange(target, String(last)), madeUpId(target, `lease-${last}`)]);
    await inNode(
      target.pid,
      'cd "$1"; shift; while [ $# -gt 0 ]; do [ -e "$1" ] || { printf "%s\\r\\neth0" "$2" > "$1"; touch -d "10 minutes ago" "$1"; }; shift 2; done',
      [leases, ...args],
    );
    return `${leaked.length} leases from ${podRange(target, String(leaked[0]))} on`;
  },
  async heal(target) {
    // only while they are ours: the range may have come round to them
    const args = leaked.flatMap((last) => [podRange(target, String(last)), madeUpId(target, `lease-${last}`)]);
    await inNode(
      target.pid,
      'cd "$1"; shift; while [ $# -gt 0 ]; do if grep -qs "$2" "$1"; then rm "$1"; fi; shift 2; done',
      [leases, ...args],
    );
    return "the leases are gone";
  },
};

const spaceNames = (target: FaultTarget): string[] =>
  [1, 2, 3].map((n) =>
    madeUpId(target, `netns-${n}`).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, "cni-$1-$2-$3-$4-$5"),
  );

export const netnsLeaked: Fault = {
  id: "netns-leaked",
  title: "Network namespaces never unpinned",
  does: "pins three network namespaces that no pod has, as a runtime leaves them whose CNI failed; they count after a minute",
  check: "netns-leaked",
  repair: "unpin exactly these",
  async inject(target) {
    const names = spaceNames(target);
    await inNode(target.pid, 'for n in "$@"; do [ -e "/run/netns/$n" ] || ip netns add "$n"; done', names);
    return names.join(", ");
  },
  async heal(target) {
    await inNode(
      target.pid,
      'for n in "$@"; do if [ -e "/run/netns/$n" ]; then ip netns delete "$n"; fi; done',
      spaceNames(target),
    );
    return "the namespaces are gone";
  },
};
