// Faults of a node's network: a NIC name claimed twice, a broken CNI file, a connection table that is almost full.
import { readFile, rm, writeFile } from "node:fs/promises";
import { inside } from "../boot.ts";
import { inNode, tryRun } from "../exec.ts";
import { hostNic } from "../layout.ts";
import { addNic } from "../machine.ts";
import { conflist, paths } from "../node-files.ts";
import type { Fault } from "./fault.ts";

const lostName = "rename5";

const macOf = async (pid: number, nic: string): Promise<string> =>
  (await inNode(pid, 'cat "/sys/class/net/$1/address"', [nic])).trim();

const udevRule = (mac: string, name: string): string =>
  `SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="${mac}", NAME="${name}"\n`;

export const nicCollision: Fault = {
  id: "nic-collision",
  title: "NIC lost under a temporary name",
  does: "eth1 comes back from a container as rename5 after a new NIC took the name eth1; the rename back fails, the old udev rule still claims eth1 for it",
  check: "nic-name-collision",
  repair: "rename the lost NIC to a free name and take its stale rule out of the udev file",
  asked: { pod: "cart-api", side: "ours" },
  async inject({ lab, node, pid }) {
    const there = await inNode(pid, "ls /sys/class/net");
    if (there.split("\n").includes(lostName)) return `${lostName} is lost already`;
    const lost = await macOf(pid, "eth1");
    await inNode(pid, `ip link set eth1 down; ip link set eth1 name ${lostName}`);
    await addNic(lab, node.index, "late", pid, "eth1");
    await inNode(pid, "ip link set eth1 up");
    const late = await macOf(pid, "eth1");
    await writeFile(
      inside(pid, paths.udevRules),
      `# persistent names of this node's NICs\n${udevRule(lost, "eth1")}${udevRule(late, "eth1")}`,
    );
    const back = await inNode(pid, `ip link set ${lostName} name eth1 2>&1 || true`);
    return `${lost} is lost as ${lostName}, ${late} has eth1; renaming it back: ${back.trim()}`;
  },
  async heal({ lab, node, pid }) {
    await tryRun("ip", ["link", "delete", hostNic(lab, node.index, "late")]);
    // the ENI may have been repaired to any name: its peer on the machine's side names it
    const index = (await readFile(`/sys/class/net/${hostNic(lab, node.index, "eni")}/iflink`, "utf8")).trim();
    await inNode(
      pid,
      `for n in /sys/class/net/*; do if [ "$(cat $n/ifindex)" = "$1" ]; then nic=\${n##*/}; fi; done
       if [ "$nic" != eth1 ]; then ip link set $nic down; ip link set $nic name eth1; fi
       ip link set eth1 up; ip address replace "$2" dev eth1 noprefixroute`,
      [index, `${lab.subnet}.${128 + node.index}/24`],
    );
    await rm(inside(pid, paths.udevRules), { force: true });
    return "the second NIC is eth1 again, the later one is gone";
  },
};

export const cniBroken: Fault = {
  id: "cni-broken",
  title: "CNI configuration broken",
  does: "cuts the CNI file in the middle: containerd reports NetworkReady=false and starts no new pod; running pods keep their network",
  check: "cni-broken",
  repair: "put the last good file back",
  asked: { pod: "cart-api", side: "ours" },
  async inject({ node, pid }) {
    const good = conflist(node.index);
    await writeFile(inside(pid, paths.conflist), good.slice(0, good.length / 2));
    return `${paths.conflist} ends after ${Math.floor(good.length / 2)} bytes`;
  },
  async heal({ node, pid }) {
    await writeFile(inside(pid, paths.conflist), conflist(node.index));
    return `${paths.conflist} is whole again`;
  },
};

/** Destination of the made-up flows: TEST-NET-3, routed nowhere (RFC 5737). */
const nowhere = "203.0.113.9";

export const conntrackFull: Fault = {
  id: "conntrack-full",
  title: "Connection table almost full",
  does: "enters unanswered UDP flows into the node's own connection table up to 96 % of the machine's limit (about 80 MB of kernel memory at 262144)",
  check: "conntrack-almost-full",
  repair: "drop entries that never saw an answer; the limit itself is read-only in a network namespace of its own",
  asked: { pod: "cart-api", side: "ours" },
  async inject({ pid }) {
    const [count = 0, max = 0] = (
      await inNode(pid, "cd /proc/sys/net/netfilter; cat nf_conntrack_count nf_conntrack_max")
    )
      .split("\n")
      .map(Number);
    if (max > 1_000_000)
      throw new Error(`the machine's nf_conntrack_max is ${max}: filling it would take too much kernel memory`);
    const flows = Math.floor(max * 0.96) - count;
    let lines = "";
    for (let i = 0; i < flows; i++)
      lines += `-I -p udp -s 198.51.${100 + (Math.floor(i / 60_000) % 100)}.${1 + (i % 250)} -d ${nowhere} --sport ${1024 + (i % 60_000)} --dport ${5300 + (Math.floor(i / 60_000) % 100)} -t 3600\n`;
    await writeFile(inside(pid, "/tmp/flows"), lines);
    await inNode(pid, "conntrack -R /tmp/flows >/dev/null 2>&1 || true; rm /tmp/flows", [], { timeoutMs: 60_000 });
    const now = Number(await inNode(pid, "cat /proc/sys/net/netfilter/nf_conntrack_count"));
    if (now < max * 0.93) throw new Error(`only ${now} of ${max} entries could be made`);
    return `${now} of ${max} entries, to ${nowhere}`;
  },
  async heal({ pid }) {
    await inNode(pid, `conntrack -D -p udp -d ${nowhere} >/dev/null 2>&1 || true`, [], { timeoutMs: 120_000 });
    return `${(await inNode(pid, "cat /proc/sys/net/netfilter/nf_conntrack_count")).trim()} entries left`;
  },
};
