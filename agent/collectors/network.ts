// Fact "network": interfaces, who claims which name, routes, and devices that configuration expects in vain.
import { existsSync, readdirSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { FactData } from "../../protocol/facts.ts";
import { readNumber, readText } from "../host/file.ts";
import { significant } from "../host/round.ts";
import { run } from "../host/run.ts";
import { defineCollector } from "./define.ts";

type Interface = FactData["network"]["interfaces"][number];
type Claim = FactData["network"]["claimedNames"][number];
type Route = FactData["network"]["defaultRoutes"][number];

/** One element of `ip -j -s -d address show`, as far as it is used. */
type IpLink = {
  ifname?: string;
  ifindex?: number;
  address?: string;
  link_type?: string;
  flags?: string[];
  master?: string;
  altnames?: string[];
  linkinfo?: { info_kind?: string };
  addr_info?: { local?: string; prefixlen?: number; scope?: string }[];
  stats64?: { rx?: { errors?: number; dropped?: number }; tx?: { errors?: number; dropped?: number } };
};

/** Parses the JSON of `ip -j -s -d address show`. @throws on other output */
export function parseIpJson(text: string): Interface[] {
  const links = JSON.parse(text) as IpLink[];
  return links
    .filter((link) => link.ifname !== undefined)
    .map((link) => ({
      name: link.ifname ?? "",
      index: link.ifindex ?? 0,
      mac: link.link_type === "ether" ? (link.address ?? null) : null,
      kind: link.linkinfo?.info_kind ?? link.link_type ?? "unknown",
      up: link.flags?.includes("UP") ?? false,
      carrier: link.flags?.includes("UP") ? (link.flags.includes("LOWER_UP") ?? false) : null,
      master: link.master ?? null,
      addresses: (link.addr_info ?? []).map((a) => `${a.local}/${a.prefixlen}`).sort(),
      altNames: [...(link.altnames ?? [])].sort(),
      rxErrors: significant(link.stats64?.rx?.errors ?? 0),
      txErrors: significant(link.stats64?.tx?.errors ?? 0),
      rxDropped: significant(link.stats64?.rx?.dropped ?? 0),
      txDropped: significant(link.stats64?.tx?.dropped ?? 0),
    }))
    .sort((a, b) => a.index - b.index);
}

/** The same from /sys and the C library, where there is no ip(8): without alternative names and kinds. */
function fromSysfs(): Interface[] {
  const base = "/sys/class/net";
  const known = networkInterfaces();
  return readdirSync(base)
    .filter((name) => existsSync(`${base}/${name}/ifindex`))
    .map((name) => {
      const at = (file: string) => `${base}/${name}/${file}`;
      const flags = Number(readText(at("flags")) ?? 0);
      const type = readNumber(at("type"));
      const uevent = readText(at("uevent")) ?? "";
      const counter = (file: string) => significant(readNumber(at(`statistics/${file}`)) ?? 0);
      return {
        name,
        index: readNumber(at("ifindex")) ?? 0,
        mac: type === 1 ? readText(at("address")) : null,
        kind: /DEVTYPE=(\w+)/.exec(uevent)?.[1] ?? (type === 772 ? "loopback" : "ether"),
        up: (flags & 1) === 1,
        carrier: (flags & 1) === 1 ? readNumber(at("carrier")) === 1 : null,
        master: null,
        addresses: (known[name] ?? []).map((a) => a.cidr ?? a.address).sort(),
        altNames: [],
        rxErrors: counter("rx_errors"),
        txErrors: counter("tx_errors"),
        rxDropped: counter("rx_dropped"),
        txDropped: counter("tx_dropped"),
      };
    })
    .sort((a, b) => a.index - b.index);
}

/** Names that a udev rules file gives to MACs (70-persistent-net.rules and its like); comments and rules without both are left out. */
export function parseUdevRules(file: string, text: string): Claim[] {
  return text.split("\n").flatMap((line, index) => {
    if (/^\s*#/.test(line)) return [];
    const mac = /ATTRS?\{address\}=="([0-9A-Fa-f:]{17})"/.exec(line)?.[1];
    const name = /\bNAME(?:=|:=)"([^"$%]+)"/.exec(line)?.[1];
    return mac && name ? [{ file, line: index + 1, mac: mac.toLowerCase(), name }] : [];
  });
}

/** The name that a systemd .link file gives to a MAC. */
export function parseLinkFile(file: string, text: string): Claim[] {
  const lines = text.split("\n");
  const mac = lines.map((line) => /^(?:Permanent)?MACAddress=\s*([0-9A-Fa-f:]{17})\s*$/.exec(line)?.[1]).find(Boolean);
  const at = lines.findIndex((line) => /^Name=\S/.test(line));
  const name = lines[at]?.slice("Name=".length).trim();
  return mac && name ? [{ file, line: at + 1, mac: mac.toLowerCase(), name }] : [];
}

const hex = (text: string): number => Number.parseInt(text, 16);

/** Default routes of /proc/net/route (addresses are little-endian hex). */
export function parseRoutes(text: string): Route[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line): Route[] => {
      const [device, destination, gateway, flags, , , , mask] = line.trim().split(/\s+/);
      if (!device || destination !== "00000000" || mask !== "00000000" || (hex(flags ?? "0") & 1) === 0) return [];
      const bytes = (gateway ?? "00000000").match(/../g)?.reverse().map(hex) ?? [];
      return [{ via: gateway === "00000000" ? null : bytes.join("."), device, family: "inet" }];
    });
}

/** Default routes of /proc/net/ipv6_route. Unreachable ones through lo are left out. */
export function parseRoutes6(text: string): Route[] {
  return text.split("\n").flatMap((line): Route[] => {
    const fields = line.trim().split(/\s+/);
    const device = fields[9];
    if (!device || device === "lo" || !/^0{32}$/.test(fields[0] ?? "") || fields[1] !== "00") return [];
    const gateway = fields[4] ?? "";
    const via = /^0{32}$/.test(gateway) ? null : (gateway.match(/.{4}/g)?.join(":") ?? null);
    return [{ via, device, family: "inet6" }];
  });
}

/** Devices that a CNI configuration needs on the host: `master` of macvlan and ipvlan, `device` of host-device. */
export function cniDevices(text: string): string[] {
  try {
    const conf = JSON.parse(text) as { plugins?: unknown[] };
    return [conf, ...(conf.plugins ?? [])].flatMap((plugin) => {
      const { type, master, device } = (plugin ?? {}) as { type?: unknown; master?: unknown; device?: unknown };
      if (type === "host-device" && typeof device === "string") return [device];
      return typeof master === "string" ? [master] : [];
    });
  } catch {
    return []; // the fact "cni" tells that it is broken
  }
}

/** Interfaces that /etc/network/interfaces brings up. */
export const ifupdownDevices = (text: string): string[] =>
  text
    .split("\n")
    .flatMap((line) => /^\s*auto\s+(.+)$/.exec(line)?.[1]?.trim().split(/\s+/) ?? [])
    .filter((name) => !name.includes(":"));

function filesIn(folder: string, ending: RegExp): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => ending.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return []; // no such folder here
  }
}

function claims(): Claim[] {
  const rules = ["/etc/udev/rules.d", "/run/udev/rules.d"].flatMap((folder) => filesIn(folder, /\.rules$/));
  const links = ["/etc/systemd/network", "/run/systemd/network"].flatMap((folder) => filesIn(folder, /\.link$/));
  return [
    ...rules.flatMap((file) => parseUdevRules(file, readText(file) ?? "")),
    ...links.flatMap((file) => parseLinkFile(file, readText(file) ?? "")),
  ];
}

function missing(names: ReadonlySet<string>, cniDir: string): { name: string; wantedBy: string }[] {
  const wanted = [
    ...filesIn(cniDir, /\.(conf|conflist|json)$/).flatMap((file) =>
      cniDevices(readText(file) ?? "").map((name) => ({ name, wantedBy: file })),
    ),
    ...["/etc/network/interfaces"].flatMap((file) =>
      ifupdownDevices(readText(file) ?? "").map((name) => ({ name, wantedBy: file })),
    ),
  ];
  return wanted.filter(({ name }) => !names.has(name));
}

export const network = defineCollector({
  kind: "network",
  everyMs: 10_000,
  timeoutMs: 8_000,
  read: async ({ runtimes }) => {
    const listing = await run(["ip", "-j", "-s", "-d", "address", "show"], {
      timeoutMs: 4_000,
      maxBytes: 16 * 1024 * 1024,
    });
    const interfaces = listing.code === 0 ? parseIpJson(listing.stdout) : fromSysfs();
    const names = new Set(interfaces.flatMap((nic) => [nic.name, ...nic.altNames]));
    const cniDir = runtimes.all().find((w) => w.details?.cni)?.details?.cni?.confDir ?? "/etc/cni/net.d";
    return {
      interfaces,
      claimedNames: claims(),
      defaultRoutes: [
        ...parseRoutes(readText("/proc/net/route") ?? ""),
        ...parseRoutes6(readText("/proc/net/ipv6_route") ?? ""),
      ],
      missingDevices: missing(names, cniDir),
    };
  },
});
