// Command link.set: sets a network interface up and puts a pod's end into its bridge. Never takes an interface down, out of a bridge, or a card into one,
// and into no bridge but the one through which the node itself reaches the pod's address.
import { existsSync } from "node:fs";
import { ipv4, isIn } from "../collectors/pod-paths.ts";
import { Failure, Refusal } from "../host/errors.ts";
import { readNumber } from "../host/file.ts";
import { run } from "../host/run.ts";
import { type CommandContext, defineCommand } from "./define.ts";

/** IFF_UP of linux/if.h. */
const IFF_UP = 1;

export type Link = {
  index: number;
  name: string;
  up: boolean;
  master: string | null;
  kind: string | null;
  address: string | null;
};

/** One interface of `ip -j -d address show dev NAME`. Null when the text says nothing. */
export function parseLink(text: string): Link | null {
  try {
    const [row] = (JSON.parse(text) as Record<string, unknown>[]).filter((r) => typeof r.ifindex === "number");
    if (!row) return null;
    const flags = Array.isArray(row.flags) ? row.flags : [];
    const info = (row.linkinfo ?? {}) as { info_kind?: string };
    const addresses = (Array.isArray(row.addr_info) ? row.addr_info : []) as { local?: string; scope?: string }[];
    return {
      index: row.ifindex as number, // looked at above
      name: String(row.ifname),
      up: flags.includes("UP"),
      master: typeof row.master === "string" ? row.master : null,
      kind: info.info_kind ?? null,
      address: addresses.find((a) => a.scope !== "link")?.local ?? null,
    };
  } catch {
    return null;
  }
}

async function linkOf(name: string): Promise<Link> {
  const listing = await run(["ip", "-j", "-d", "address", "show", "dev", name], { timeoutMs: 5_000 });
  const link = parseLink(listing.stdout);
  if (!link) throw new Refusal("target-gone", listing.stderr.trim() || `there is no interface ${name}`);
  return link;
}

/** Names that plugins give to the host's ends of pods that are routed: in a bridge such a pod reaches nobody. */
const ROUTED = /^(cali|lxc|eni|azv|gke)/;

/** Why an interface may not be put into a bridge, or null. */
export function reasonAgainst(link: Link, master: string): string | null {
  if (link.master === master) return null;
  if (link.master !== null) return `${link.name} is in ${link.master}`;
  if (ROUTED.test(link.name)) return `${link.name} belongs to a pod that is routed`;
  // A card of the machine in a bridge takes the machine's own addresses off the network.
  if (link.kind !== "veth") return `${link.name} is no pod's interface (${link.kind ?? "a card"})`;
  return link.address === null ? null : `${link.name} has the address ${link.address}`;
}

/** What of `ip` is asked of a bridge. */
export type BridgeView = {
  /** Its addresses with their lengths. */
  ranges: { local: string; length: number }[];
  /** Kind of each port by name; null for a card. */
  ports: { name: string; kind: string | null }[];
  /** Device that the node takes to the pod's address. */
  routeDevice: string | null;
};

/** Why a bridge is not the one for a pod of that address, or null. A range alone proves nothing: a bridge that a former plugin left behind has one too. */
export function notItsBridge(
  master: string,
  address: string,
  { ranges, ports, routeDevice }: BridgeView,
): string | null {
  const number = ipv4(address);
  const holds = ({ local, length }: BridgeView["ranges"][number]): boolean => {
    const network = ipv4(local);
    return number !== null && network !== null && length > 0 && length < 32 && isIn(number, network, length);
  };
  if (!ranges.some(holds)) return `no range of ${master} holds the pod's address ${address}`;
  const foreign = ports.find(({ kind }) => kind !== "veth");
  if (foreign) return `${master} is not only pods': ${foreign.name} (${foreign.kind ?? "a card"}) is in it`;
  if (ports.length === 0) return `no pod is in ${master}: nobody uses it`;
  return routeDevice === master
    ? null
    : `the node reaches ${address} through ${routeDevice ?? "nothing"}, not ${master}`;
}

type Row = {
  ifname?: string;
  dev?: string;
  linkinfo?: { info_kind?: string };
  addr_info?: { local?: string; prefixlen?: number }[];
};

async function rowsOf(...argv: string[]): Promise<Row[]> {
  const { code, stdout, stderr } = await run(["ip", "-j", ...argv], { timeoutMs: 5_000 });
  if (code !== 0) throw new Refusal("not-clear", `ip ${argv.join(" ")}: ${stderr.trim() || `exit ${code}`}`);
  try {
    const rows: unknown = JSON.parse(stdout === "" ? "[]" : stdout);
    return Array.isArray(rows) ? (rows as Row[]) : [];
  } catch {
    throw new Refusal("not-clear", `ip ${argv.join(" ")} says nothing that can be read`);
  }
}

/** The bridge as it is now. */
async function viewOf(master: string, address: string): Promise<BridgeView> {
  const [own, ports, routes] = await Promise.all([
    rowsOf("-4", "address", "show", "dev", master),
    rowsOf("-d", "link", "show", "master", master),
    rowsOf("route", "get", address),
  ]);
  return {
    ranges: own.flatMap(({ addr_info = [] }) =>
      addr_info.map(({ local = "", prefixlen = 32 }) => ({ local, length: prefixlen })),
    ),
    ports: ports.flatMap(({ ifname, linkinfo }) =>
      ifname ? [{ name: ifname, kind: linkinfo?.info_kind ?? null }] : [],
    ),
    routeDevice: routes[0]?.dev ?? null,
  };
}

/** @throws Refusal unless the bridge is the one for the pod whose end this is, by the agent's own last look into that pod */
async function proveBridge(ctx: CommandContext, { index, name }: Pick<Link, "index" | "name">, master: string) {
  const pod = ctx.latest("podNetwork")?.links.find((link) => link.index === index && link.device === name);
  const address = pod?.address ?? null;
  if (address === null || ipv4(address) === null)
    throw new Refusal("not-a-pod", `${name} is the end of no running pod with an IPv4 address`);
  const against = notItsBridge(master, address, await viewOf(master, address));
  if (against !== null) throw new Refusal("not-its-bridge", against);
}

export const linkSet = defineCommand({
  type: "link.set",
  affects: ["network", "podNetwork"],
  timeoutMs: 20_000,
  async run({ index, name, master }, ctx) {
    const before = await linkOf(name);
    if (before.index !== index || before.name !== name)
      throw new Refusal("target-changed", `${name} is interface ${before.index} now, not ${index}`);
    if (master !== null) {
      if (!existsSync(`/sys/class/net/${master}/bridge`))
        throw new Refusal("not-a-bridge", `${master} is not a bridge`);
      const against = reasonAgainst(before, master);
      if (against !== null) throw new Refusal("in-use", against);
      if (before.master !== master) await proveBridge(ctx, before, master);
    }
    const state = ({ up, master: bridge }: Link) => ({ up, master: bridge });
    if (before.up && (master === null || before.master === master))
      return {
        message: `${name} is as it should be`,
        changed: false,
        output: { before: state(before), after: state(before) },
      };
    const set = async (...args: string[]) => {
      // The name may have gone to another interface between the look and now.
      if (readNumber(`/sys/class/net/${name}/ifindex`) !== index)
        throw new Refusal("target-changed", `${name} is another interface now`);
      const result = await run(["ip", "link", "set", "dev", name, ...args], { timeoutMs: 5_000 });
      if (result.code !== 0)
        throw new Failure(
          "not-set",
          `ip link set ${name} ${args.join(" ")}: ${result.stderr.trim()}`,
          (await linkOf(name)).master !== before.master,
        );
    };
    if (master !== null && before.master !== master) await set("master", master);
    if (!before.up) await set("up");
    const after = await linkOf(name);
    if (!isUp(name) || (master !== null && after.master !== master))
      throw new Failure("not-set", `${name} is ${after.up ? "up" : "down"} in ${after.master ?? "no bridge"}`, true);
    return {
      message: `${name} is up${after.master ? ` in ${after.master}` : ""}`,
      changed: true,
      output: { before: state(before), after: state(after) },
    };
  },
});

const isUp = (name: string): boolean => ((readNumber(`/sys/class/net/${name}/flags`) ?? 0) & IFF_UP) !== 0;
