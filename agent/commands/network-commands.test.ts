// Commands on the network, against real interfaces, namespaces, leases and packet filter rules of this machine where the test may make some.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseRules, splitRule, targetOf } from "../host/iptables.ts";
import { Bench } from "./bench.fixture.ts";
import { cniRelease, leaseFolder } from "./cni-release.ts";
import { firewallAddRule, firewallDropRule, reasonToKeep } from "./firewall-rules.ts";
import { linkSet, notItsBridge, reasonAgainst } from "./link-set.ts";
import { neighbourDrop } from "./neighbour-drop.ts";
import { netnsRemove, reasonToStay } from "./netns-remove.ts";
import { filterStays, sysctlSet } from "./sysctl-set.ts";

const tag = process.pid.toString(36);
const [bridge, host, pod] = [`ndb${tag}`, `ndh${tag}`, `ndp${tag}`];
const chain = `ND-${tag}`;

const attempt = (...argv: string[]): string | null => {
  try {
    return execFileSync(argv[0] ?? "", argv.slice(1), { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return null;
  }
};
const mayNetwork = attempt("ip", "link", "add", bridge, "type", "bridge") !== null;
attempt("ip", "link", "delete", bridge);
const mayFilter = attempt("iptables-nft", "-w", "5", "-N", chain) !== null;
attempt("iptables-nft", "-w", "5", "-X", chain);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => {
  vi.useRealTimers();
  bench.end();
});

describe.skipIf(!mayNetwork)("interfaces and neighbours (needs root)", () => {
  const show = (name: string) =>
    JSON.parse(attempt("ip", "-j", "link", "show", "dev", name) ?? "[]")[0] as {
      ifindex: number;
      master?: string;
      flags: string[];
    };
  beforeEach(() => {
    attempt("ip", "link", "add", bridge, "type", "bridge");
    attempt("ip", "link", "add", host, "type", "veth", "peer", "name", pod);
  });
  afterEach(() => {
    attempt("ip", "link", "delete", host);
    attempt("ip", "link", "delete", other);
    attempt("ip", "link", "delete", bridge);
  });
  const other = `ndo${tag}`;
  /** The bridge with a range, a route and another pod in it. */
  const useBridge = () => {
    attempt("ip", "address", "add", "192.0.2.129/25", "dev", bridge);
    attempt("ip", "link", "add", other, "type", "veth", "peer", "name", `${other}p`);
    for (const name of [other, `${other}p`, bridge]) attempt("ip", "link", "set", name, "up");
    attempt("ip", "link", "set", other, "master", bridge);
  };
  /** As if a running pod with that address had its end there. */
  const podOf = async (address: string | null) => {
    const ctx = await bench.context();
    const links = [{ device: host, index: show(host).ifindex, address }];
    return { ...ctx, latest: (() => ({ links })) as unknown as typeof ctx.latest }; // no other part of the fact is read
  };

  it("puts a pod's end into its bridge and sets it up, once", async () => {
    useBridge();
    const ctx = await podOf("192.0.2.130");
    const index = show(host).ifindex;
    await expect(linkSet.run({ index: index + 1_000, name: host, master: bridge }, ctx)).rejects.toMatchObject({
      code: "target-changed",
    });
    await expect(linkSet.run({ index, name: host, master: pod }, ctx)).rejects.toMatchObject({ code: "not-a-bridge" });
    expect(show(host).flags).not.toContain("UP");
    expect(await linkSet.run({ index, name: host, master: bridge }, ctx)).toMatchObject({
      changed: true,
      output: { before: { up: false, master: null }, after: { up: true, master: bridge } },
    });
    expect(show(host)).toMatchObject({ master: bridge, flags: expect.arrayContaining(["UP"]) });
    expect(await linkSet.run({ index, name: host, master: bridge }, ctx)).toMatchObject({ changed: false });
  });

  it("puts no pod into a bridge that is not its own, whatever the plan says", async () => {
    const index = show(host).ifindex;
    const params = { index, name: host, master: bridge };
    const refused = async (address: string | null) =>
      linkSet.run(params, await podOf(address)).then(
        () => "done",
        (err) => `${err.code}: ${err.message}`,
      );
    await expect(linkSet.run(params, await bench.context())).rejects.toMatchObject({ code: "not-a-pod" });
    expect(await refused(null)).toMatch(/^not-a-pod/);
    expect(await refused("192.0.2.130")).toMatch(/^not-its-bridge: no range/);
    attempt("ip", "address", "add", "192.0.2.129/25", "dev", bridge);
    attempt("ip", "link", "set", bridge, "up");
    expect(await refused("192.0.2.130")).toMatch(/^not-its-bridge: no pod is in/);
    useBridge();
    expect(await refused("192.0.2.1")).toMatch(/^not-its-bridge: no range/);
    expect(show(host).master).toBeUndefined();
    // What only sets the end up needs no bridge.
    expect(await linkSet.run({ ...params, master: null }, await bench.context())).toMatchObject({ changed: true });
  });

  it("refuses an interface with an address of its own", async () => {
    attempt("ip", "address", "add", "192.0.2.7/32", "dev", host);
    await expect(
      linkSet.run({ index: show(host).ifindex, name: host, master: bridge }, await bench.context()),
    ).rejects.toMatchObject({ code: "in-use" });
    expect(show(host).master).toBeUndefined();
  });

  it("drops what was learned and keeps what was set for good", async () => {
    const ctx = await bench.context();
    attempt("ip", "link", "set", host, "up");
    attempt("ip", "link", "set", pod, "up");
    const set = (nud: string) =>
      attempt("ip", "neighbour", "replace", "192.0.2.9", "lladdr", "02:00:00:00:00:09", "dev", host, "nud", nud);
    const params = { device: host, address: "192.0.2.9" };
    await expect(neighbourDrop.run(params, ctx)).rejects.toMatchObject({ code: "target-gone" });
    set("permanent");
    await expect(neighbourDrop.run(params, ctx)).rejects.toMatchObject({ code: "permanent" });
    expect(attempt("ip", "neighbour", "show", "dev", host)).toContain("02:00:00:00:00:09");
    // Looked at from inside, the pod has another MAC: then the fixed one is wrong, and only then.
    const seen = (realMac: string | null, mac = "02:00:00:00:00:09") => ({
      ...ctx,
      latest: (() => ({
        neighbours: [{ address: params.address, device: host, of: "pod", state: "PERMANENT", mac, realMac }],
      })) as unknown as typeof ctx.latest, // no other part of the fact is read
    });
    for (const unproven of [seen(null), seen("02:00:00:00:00:09"), seen("02:00:00:00:00:0a", "02:00:00:00:00:0b")])
      await expect(neighbourDrop.run(params, unproven)).rejects.toMatchObject({ code: "permanent" });
    expect(await neighbourDrop.run(params, seen("02:00:00:00:00:0a"))).toMatchObject({ changed: true });
    set("stale");
    expect(await neighbourDrop.run(params, ctx)).toMatchObject({ changed: true });
    expect(attempt("ip", "neighbour", "show", "dev", host)).not.toContain("02:00:00:00:00:09");
  });

  it("unpins a namespace that nobody has, and no other", async () => {
    const names = { empty: `cni-${randomUUID()}`, lived: `cni-${randomUUID()}`, listed: `cni-${randomUUID()}` };
    for (const name of Object.values(names)) attempt("ip", "netns", "add", name);
    try {
      bench.start(["ip", "netns", "exec", names.lived, "sleep", "60"]);
      const podNamespaces = async () => new Set([`/var/run/netns/${names.listed}`]);
      const ctx = await bench.context({}, { podNamespaces });
      await expect(netnsRemove.run({ names: [names.empty] }, ctx)).rejects.toThrow("is new");
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 });
      await vi.waitFor(() => expect(attempt("ip", "netns", "pids", names.lived)?.trim()).not.toBe(""));
      expect(await netnsRemove.run({ names: Object.values(names) }, ctx)).toMatchObject({
        output: {
          removed: [names.empty],
          skipped: [
            { name: names.lived, reason: "a process lives in it" },
            { name: names.listed, reason: "a listed pod has it" },
          ],
        },
      });
      expect(Object.values(names).map((name) => existsSync(`/run/netns/${name}`))).toEqual([false, true, true]);
    } finally {
      bench.end();
      for (const name of Object.values(names)) attempt("ip", "netns", "delete", name);
    }
  });
});

describe("link.set", () => {
  const link = { index: 2, name: "eth0", up: true, master: null, kind: null, address: null };
  it.each([
    ["a card", link, /no pod's/],
    ["a pod's end", { ...link, kind: "veth" }, null],
    ["one of another bridge", { ...link, kind: "veth", master: "br9" }, /is in br9/],
    ["one of this bridge", { ...link, kind: "veth", master: "cni0" }, null],
    ["one with an address", { ...link, kind: "veth", address: "10.0.0.1" }, /has the address/],
    ["Calico's", { ...link, kind: "veth", name: "cali0123456789a" }, /is routed/],
    ["Cilium's", { ...link, kind: "veth", name: "lxc0a1b2c3d4e5f" }, /is routed/],
  ])("%s", (_, given, expected) => {
    const reason = reasonAgainst(given, "cni0");
    if (expected === null) expect(reason).toBeNull();
    else expect(reason).toMatch(expected);
  });
});

describe("reverse path filters", () => {
  it.each([
    ["wanted by the node's plugin", "net.ipv4.conf.lxc0a1b2c3d4e5f.rp_filter", "0", true],
    ["of LXC's bridge, wanted by nobody", "net.ipv4.conf.lxcbr0.rp_filter", "0", false],
    ["loose, wanted by nobody", "net.ipv4.conf.eth9.rp_filter", "2", false],
    ["of all devices", "net.ipv4.conf.all.rp_filter", "0", false],
    ["strict again", "net.ipv4.conf.lxcbr0.rp_filter", "1", true],
    ["another setting", "net.ipv4.conf.lxcbr0.arp_ignore", "0", true],
  ])("%s", (_, key, value, may) => expect(filterStays(key, value, ["lxc0a1b2c3d4e5f"]) === null).toBe(may));

  it("are refused before anything is read", async () => {
    const params = { key: "net.ipv4.conf.lo.rp_filter", expected: "1", value: "0" };
    await expect(sysctlSet.run(params, await bench.context())).rejects.toMatchObject({ code: "not-wanted" });
  });
});

describe("the bridge of a pod", () => {
  const view = {
    ranges: [{ local: "10.88.0.1", length: 16 }],
    ports: [{ name: "veth2", kind: "veth" }],
    routeDevice: "cni0" as string | null,
  };
  it.each([
    ["its own", view, null],
    ["one of another range", { ...view, ranges: [{ local: "10.99.0.1", length: 16 }] }, /no range/],
    ["one without a range", { ...view, ranges: [] }, /no range/],
    ["one that a former plugin left", { ...view, ports: [] }, /no pod/],
    ["one of the machine, over a card", { ...view, ports: [{ name: "eth1", kind: null }] }, /a card/],
    ["one over a bond", { ...view, ports: [...view.ports, { name: "bond0", kind: "bond" }] }, /bond0/],
    ["one of virtual machines", { ...view, ports: [{ name: "vnet0", kind: "tun" }] }, /tun/],
    ["one that the node does not take", { ...view, routeDevice: "cilium_host" }, /through cilium_host/],
  ])("%s", (_, given, expected) => {
    const reason = notItsBridge("cni0", "10.88.0.2", given);
    if (expected === null) expect(reason).toBeNull();
    else expect(reason).toMatch(expected);
  });
});

describe("netns.remove", () => {
  const stat = { isFile: () => true, ino: 7, mtimeMs: 0 };
  it.each([
    ["goes", stat, false, [], null],
    ["has a process", stat, false, [7], /process/],
    ["is a pod's", stat, true, [], /pod/],
    ["is being made", { ...stat, mtimeMs: 999_000 }, false, [], /new/],
    ["is a link", { ...stat, isFile: () => false }, false, [], /no namespace/],
  ])("%s", (_, given, listed, living, expected) => {
    const reason = reasonToStay(given, listed, new Set(living), 1_000_000);
    if (expected === null) expect(reason).toBeNull();
    else expect(reason).toMatch(expected);
  });

  it("refuses while a runtime cannot say what its pods have", async () => {
    const podNamespaces = async () => {
      throw new Error("deadline");
    };
    const params = { names: [`cni-${randomUUID()}`] };
    mkdirSync("/run/netns", { recursive: true });
    await expect(netnsRemove.run(params, await bench.context({}, { podNamespaces }))).rejects.toMatchObject({
      code: "runtime-silent",
    });
  });
});

describe("cni.release", () => {
  const id = "ab".repeat(32);
  const listed = "cd".repeat(32);
  const folder = () => join(bench.folder, "leases", "pods");
  beforeEach(() => {
    mkdirSync(join(bench.folder, "cni"));
    mkdirSync(folder(), { recursive: true });
    chmodSync(folder(), 0o755);
    const ipam = { type: "host-local", dataDir: join(bench.folder, "leases") };
    writeFileSync(
      join(bench.folder, "cni", "10.conflist"),
      JSON.stringify({ name: "pods", plugins: [{ type: "bridge", ipam }] }),
    );
    writeFileSync(join(folder(), "10.9.0.2"), `${id}\r\neth0`);
    writeFileSync(join(folder(), "10.9.0.3"), `${listed}\r\neth0`);
    writeFileSync(join(folder(), "last_reserved_ip.0"), "10.9.0.3");
    symlinkSync("/etc/hostname", join(folder(), "10.9.0.4"));
    const earlier = Date.now() / 1_000 - 300;
    for (const address of ["10.9.0.2", "10.9.0.3"]) utimesSync(join(folder(), address), earlier, earlier);
  });
  const lease = (address: string, containerId: string) => ({ address, containerId });
  const isRoot = process.getuid?.() === 0;

  it.skipIf(!isRoot)("gives back exactly the leases of containers that are gone (needs root)", async () => {
    const ctx = await bench.context({}, { tasks: async () => new Set([listed]) });
    const leases = [lease("10.9.0.2", id), lease("10.9.0.3", listed), lease("10.9.0.4", id), lease("10.9.0.5", id)];
    const done = await cniRelease.run({ network: "pods", leases }, ctx);
    expect(done.output).toMatchObject({ released: ["10.9.0.2"], skipped: expect.arrayContaining([]) });
    expect(readdirSync(folder()).sort()).toEqual(["10.9.0.3", "10.9.0.4", "last_reserved_ip.0", "lock"]);
  });

  it.skipIf(!isRoot)(
    "leaves an address that was taken a moment ago: its container may not be listed yet (needs root)",
    async () => {
      writeFileSync(join(folder(), "10.9.0.2"), `${id}\r\neth0`);
      const leases = [lease("10.9.0.2", id)];
      await expect(cniRelease.run({ network: "pods", leases }, await bench.context())).rejects.toThrow(/is new/);
      expect(existsSync(join(folder(), "10.9.0.2"))).toBe(true);
    },
  );

  it.skipIf(!isRoot)("refuses a lease that is another's by now (needs root)", async () => {
    const leases = [lease("10.9.0.3", id), lease("10.9.0.2", "by-hand")];
    await expect(cniRelease.run({ network: "pods", leases }, await bench.context())).rejects.toThrow(
      /by-hand|was not given|changed/,
    );
    expect(existsSync(join(folder(), "10.9.0.3"))).toBe(true);
  });

  it("refuses where the local policy allows no such folder, and an unknown network", async () => {
    const strict = await bench.context({ policy: { paths: ["/opt"] } });
    await expect(cniRelease.run({ network: "pods", leases: [lease("10.9.0.2", id)] }, strict)).rejects.toMatchObject({
      code: "policy",
    });
    const ctx = await bench.context();
    await expect(
      cniRelease.run({ network: `none-${tag}`, leases: [lease("10.9.0.2", id)] }, ctx),
    ).rejects.toMatchObject({ code: "target-gone" });
  });

  it("finds the folder that the network's configuration names", () => {
    const conf = join(bench.folder, "cni");
    expect([leaseFolder(conf, "pods"), leaseFolder(conf, "other")]).toEqual([folder(), "/var/lib/cni/networks/other"]);
  });
});

describe("packet filter rules", () => {
  it("are read as iptables prints them", () => {
    const text = `-P FORWARD ACCEPT\n-A FORWARD -s 10.0.0.0/8 -m comment --comment "by \\"hand\\" now" -j DROP\n-A OTHER -j ACCEPT`;
    const [rule = [], ...rest] = parseRules(text, "FORWARD");
    expect(rule).toEqual(["-s", "10.0.0.0/8", "-m", "comment", "--comment", 'by "hand" now', "-j", "DROP"]);
    expect([rest.length, targetOf(rule), targetOf(["-s", "x"]), splitRule('a "" b')]).toEqual([
      0,
      "DROP",
      null,
      ["a", "", "b"],
    ]);
  });
});

describe("firewall.drop-rule", () => {
  it.each([
    ["-s 10.88.0.0/16 -j REJECT", null],
    ["-i cni0 -j DROP", null],
    ["! -i cni0 -o cni0 -j DROP", null],
    ["-m comment --comment left -s 10.88.0.0/16 -j DROP", null],
    ["-s 10.88.0.0/16 -j ACCEPT", "not-blocking"],
    ["-j DROP", "refuses-all"],
    ["-j REJECT --reject-with icmp-host-prohibited", "refuses-all"],
    ["-m comment --comment left -j DROP", "refuses-all"],
    ["-i docker0 -o docker0 -j DROP", "isolation"],
    ["-m comment --comment x -i br-0 -o br-0 -j DROP", "isolation"],
  ])("in FORWARD, %s: %s", (text, expected) =>
    expect(reasonToKeep({ table: "filter", chain: "FORWARD", rule: text.split(" ") })?.[0] ?? null).toBe(expected),
  );

  it.each([
    ["filter", "FORWARD", null],
    ["filter", "DOCKER-USER", null],
    ["filter", "INPUT", "own-defence"],
    ["filter", "OUTPUT", "own-defence"],
    ["nat", "PREROUTING", "not-filter"],
    ["mangle", "FORWARD", "not-filter"],
    ...[
      "KUBE-FIREWALL",
      "DOCKER-ISOLATION-STAGE-1",
      "IN_public_deny",
      "FWDI_public_deny",
      "FWD_dmz",
      "FORWARD_direct",
      "INPUT_ZONES",
      "NETAVARK-ISOLATION-2",
      "WEAVE-NPC",
      "AWS-CONNMARK-CHAIN-0",
      "ISTIO_IN_REDIRECT",
      "POUCH-ISOLATION",
    ].map((name) => ["filter", name, "managed"] as const),
  ] as const)("in %s %s: %s", (table, name, expected) =>
    expect(reasonToKeep({ table, chain: name, rule: ["-s", "10.0.0.0/8", "-j", "DROP"] })?.[0] ?? null).toBe(expected),
  );
});

describe.skipIf(!mayFilter)("firewall.drop-rule and firewall.add-rule (need root)", () => {
  const iptables = (...args: string[]) => attempt("iptables-nft", "-w", "5", ...args);
  const target = { family: "ipv4", backend: "nft", table: "filter", chain } as const;
  const reject = [
    "-s",
    "192.0.2.0/24",
    "-m",
    "comment",
    "--comment",
    "left behind",
    "-j",
    "REJECT",
    "--reject-with",
    "icmp-port-unreachable",
  ];
  beforeEach(() => {
    iptables("-N", chain);
    iptables("-A", chain, "-s", "192.0.2.1/32", "-j", "ACCEPT");
    iptables("-A", chain, ...reject);
    iptables("-A", chain, "-s", "192.0.2.2/32", "-j", "RETURN");
  });
  afterEach(() => {
    iptables("-F", chain);
    iptables("-X", chain);
  });
  const now = () => parseRules(iptables("-S", chain) ?? "", chain);

  it("takes exactly that rule out and puts it back where it was", async () => {
    const ctx = await bench.context();
    const before = now();
    const added = { ...target, rule: reject, position: 2 };
    await expect(firewallAddRule.run(added, ctx)).rejects.toMatchObject({ code: "not-taken-out" });
    expect(await firewallDropRule.run({ ...target, rule: reject }, ctx)).toMatchObject({
      output: { position: 2, before: 3, after: 2 },
    });
    expect(now()).toEqual(before.filter((rule) => targetOf(rule) !== "REJECT"));
    await expect(firewallDropRule.run({ ...target, rule: reject }, ctx)).rejects.toMatchObject({ code: "target-gone" });
    await expect(firewallAddRule.run({ ...added, position: 1 }, ctx)).rejects.toMatchObject({ code: "other-place" });
    expect(await firewallAddRule.run(added, ctx)).toMatchObject({ changed: true });
    expect(now()).toEqual(before);
    // What is back is forgotten: the same command opens no second way.
    await expect(firewallAddRule.run(added, ctx)).rejects.toMatchObject({ code: "not-taken-out" });
  });

  it("puts back nothing that is there already, nor what was taken out a day ago", async () => {
    const ctx = await bench.context();
    const added = { ...target, rule: reject, position: 2 };
    await firewallDropRule.run({ ...target, rule: reject }, ctx);
    iptables("-I", chain, "2", ...reject);
    expect(await firewallAddRule.run(added, ctx)).toMatchObject({ changed: false });
    await expect(firewallAddRule.run(added, ctx)).rejects.toMatchObject({ code: "not-taken-out" });
    await firewallDropRule.run({ ...target, rule: reject }, ctx);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 25 * 3_600_000 });
    await expect(firewallAddRule.run(added, ctx)).rejects.toMatchObject({ code: "not-taken-out" });
    expect(now().length).toBe(2);
  });

  it("takes out nothing that lets through, and adds nothing new", async () => {
    const ctx = await bench.context();
    await expect(
      firewallDropRule.run({ ...target, rule: ["-s", "192.0.2.1/32", "-j", "ACCEPT"] }, ctx),
    ).rejects.toMatchObject({ code: "not-blocking" });
    await expect(firewallAddRule.run({ ...target, rule: ["-j", "ACCEPT"], position: 1 }, ctx)).rejects.toMatchObject({
      code: "not-taken-out",
    });
    expect(now().length).toBe(3);
  });
});
