// What CNI files and the agent's configuration want of the node's own devices, and which default routes went away. Used by "podNetwork".
import type { FactData } from "../../protocol/facts.ts";
import type { AgentConfig } from "../config.ts";
import { readNumber } from "../host/file.ts";
import type { PathRoute } from "./pod-paths.ts";

type PodNetwork = FactData["podNetwork"];

/** Cilium's devices: lxc and a number in hex, or of its health endpoint. Not LXC's own bridge (lxcbr0). */
const CILIUM = /^(lxc([0-9a-f]{8,}|_health)|cilium_.+)$/;

/** Bridges that CNI files name, and sysctls that their plugins are known to want on the node's own devices. */
export function cniWishes(texts: readonly { file: string; text: string }[]): {
  bridges: Set<string>;
  rpFilters: { pattern: RegExp; wanted: number; wantedBy: string }[];
} {
  const bridges = new Set<string>();
  const rpFilters: { pattern: RegExp; wanted: number; wantedBy: string }[] = [];
  for (const { file, text } of texts) {
    for (const [, name] of text.matchAll(/"bridge"\s*:\s*"([^"]{1,15})"/g)) if (name) bridges.add(name);
    if (/"type"\s*:\s*"bridge"/.test(text) && !/"bridge"\s*:/.test(text)) bridges.add("cni0");
    // Cilium answers in BPF, Terway and the VPC plugin by policy routes: a strict reverse path check drops what they send.
    if (/"type"\s*:\s*"cilium-cni"/.test(text)) rpFilters.push({ pattern: CILIUM, wanted: 0, wantedBy: file });
    if (/"type"\s*:\s*"terway"/.test(text)) rpFilters.push({ pattern: /^(eth\d+|cali.+)$/, wanted: 0, wantedBy: file });
    if (/"type"\s*:\s*"aws-cni"/.test(text)) rpFilters.push({ pattern: /^eth0$/, wanted: 2, wantedBy: file });
  }
  return { bridges, rpFilters };
}

/** Who made a bridge. */
export function bridgeOwner(name: string, fromCni: ReadonlySet<string>): "cni" | "docker" | "other" {
  if (fromCni.has(name) || /^(cni|cbr|kube-bridge|nerdctl|cni-podman)\d*/.test(name)) return "cni";
  return /^(docker0|docker_gwbridge|br-[0-9a-f]{12})$/.test(name) ? "docker" : "other";
}

/** rp_filter of the devices for which configuration or CNI want a value. */
export function rpFilters(
  config: AgentConfig,
  names: readonly string[],
  wishes: ReturnType<typeof cniWishes>["rpFilters"],
) {
  const wanted = new Map<string, { wanted: number; wantedBy: string }>();
  for (const wish of wishes)
    for (const name of names)
      if (wish.pattern.test(name)) wanted.set(name, { wanted: wish.wanted, wantedBy: wish.wantedBy });
  for (const [name, value] of Object.entries(config.network.rpFilter))
    wanted.set(name, { wanted: value, wantedBy: "the agent's configuration" });
  const filterOf = (device: string) => readNumber(`/proc/sys/net/ipv4/conf/${device}/rp_filter`);
  const all = filterOf("all") ?? 0;
  return [...wanted].flatMap(([device, wish]) => {
    const value = filterOf(device);
    // The kernel takes the greater of "all" and the device's own (Documentation/networking/ip-sysctl.rst).
    return value === null ? [] : [{ device, value: Math.max(all, value), own: value, all, ...wish }];
  });
}

const seenDefaults = new Map<string, string | null>();

/** Default routes that were there while the agent looked and are gone, now that no other is left; only through devices that are still here. */
export function lostRoutes(
  routes: readonly PathRoute[],
  nics: readonly { name: string }[],
): PodNetwork["lostDefaultRoutes"] {
  const defaults = routes.filter((route) => route.bits === 0);
  if (defaults.length > 0) {
    seenDefaults.clear();
    for (const { device, via } of defaults) seenDefaults.set(device, via);
    return [];
  }
  return [...seenDefaults]
    .filter(([device]) => nics.some((nic) => nic.name === device))
    .map(([device, via]) => ({ device, via }));
}
