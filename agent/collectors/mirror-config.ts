// Which mirrors runtimes are told to use: containerd's hosts.toml and config.toml, Docker's daemon.json; and what Dragonfly's daemon counts. Pure.
import { forEachSample } from "../../parsers/promtext-stream.ts";

export type Mirror = { registry: string; endpoint: string; source: string };

const isHttp = (url: string): boolean => /^https?:\/\/[^\s"'/]+/.test(url);

/** containerd's hosts.toml (docs/hosts.md): [host."https://mirror"] tables, for the registry that the folder is named after. */
export function parseHostsToml(registry: string, source: string, text: string): Mirror[] {
  return text.split("\n").flatMap((line) => {
    const endpoint = /^\s*\[host\."([^"]+)"\]\s*(#.*)?$/.exec(line)?.[1];
    return endpoint && isHttp(endpoint) ? [{ registry, endpoint, source }] : [];
  });
}

/** The older form in containerd's config.toml: [plugins….registry.mirrors."docker.io"] endpoint = ["https://…"]. */
export function parseContainerdMirrors(source: string, text: string): Mirror[] {
  const mirrors: Mirror[] = [];
  let registry: string | null = null;
  for (const line of text.split("\n")) {
    const table = /^\s*\[(.+)\]\s*(#.*)?$/.exec(line)?.[1];
    if (table !== undefined) {
      registry = /registry\.mirrors\."?([^"\]]+)"?$/.exec(table)?.[1] ?? null;
      continue;
    }
    const list = registry && /^\s*endpoint\s*=\s*\[(.*)\]/.exec(line)?.[1];
    if (!registry || !list) continue;
    for (const [, endpoint] of list.matchAll(/"([^"]+)"/g))
      if (endpoint && isHttp(endpoint)) mirrors.push({ registry, endpoint, source });
  }
  return mirrors;
}

/** Folder of hosts.toml files that containerd's configuration names. */
export const configPath = (text: string): string | null =>
  /^\s*config_path\s*=\s*["']([^"':]+)/m.exec(text)?.[1] ?? null;

/** Docker's daemon.json: registry-mirrors serve docker.io. */
export function parseDaemonJson(source: string, text: string): Mirror[] {
  try {
    const { "registry-mirrors": list } = JSON.parse(text) as { "registry-mirrors"?: unknown };
    return (Array.isArray(list) ? list : []).flatMap((endpoint) =>
      typeof endpoint === "string" && isHttp(endpoint) ? [{ registry: "docker.io", endpoint, source }] : [],
    );
  } catch {
    return []; // broken: the engine itself refuses it
  }
}

/** Host and port of an http(s) address; null for anything else. */
export function hostPort(url: string): { host: string; port: number } | null {
  try {
    const { protocol, hostname, port } = new URL(url);
    if (!/^https?:$/.test(protocol)) return null;
    return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (protocol === "https:" ? 443 : 80)) };
  } catch {
    return null;
  }
}

/** A port of the node itself: a mirror there is a peer-to-peer daemon or a cache of the node. */
export const isOwn = (host: string): boolean => /^(localhost|127\.|::1$)/.test(host);

/**
 * Bytes that a Dragonfly daemon has fetched, by where they came from (d7y.io, "Prometheus Metrics"): the client counts `download_traffic`, a seed of the
 * older kind `seed_peer_download_traffic`, both by type. Null when the page has neither.
 */
export function parseDragonfly(text: string): { peers: number; origin: number } | null {
  const sums = { peers: 0, origin: 0 };
  let found = false;
  const names = new Set([
    "dragonfly_client_download_traffic",
    "dragonfly_client_download_traffic_total",
    "dragonfly_dfdaemon_seed_peer_download_traffic",
  ]);
  forEachSample(text, names, ({ labels, value }) => {
    const type = (labels.type ?? "").toUpperCase();
    found = true;
    if (type === "BACK_TO_SOURCE") sums.origin += value;
    else if (type === "REMOTE_PEER" || type === "P2P") sums.peers += value;
  });
  return found ? sums : null;
}
