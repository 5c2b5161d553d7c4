// Fact "distribution": how images reach the node: mirrors and peers and whether they answer, images that are read on demand, wishes of the configuration.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { FactData } from "../../protocol/facts.ts";
import { readText } from "../host/file.ts";
import { significant } from "../host/round.ts";
import { ask } from "../runtimes/http.ts";
import { type CollectorContext, defineCollector } from "./define.ts";
import {
  configPath,
  hostPort,
  isOwn,
  type Mirror,
  parseContainerdMirrors,
  parseDaemonJson,
  parseDragonfly,
  parseHostsToml,
} from "./mirror-config.ts";
import { onDemandDevices } from "./on-demand.ts";
import { ReachBook } from "./reach.ts";

type Distribution = FactData["distribution"];

const LIST_MAX = 50;
const CONTAINERD = "/etc/containerd/config.toml";
const DOCKER = "/etc/docker/daemon.json";
/** Ports at which Dragonfly's daemon serves pulls: 65001 by the client in Go, 4001 by the one in Rust. */
const PEER_PORTS = new Set([65_001, 4_001]);

/** Mirrors of every runtime's configuration. */
export function configuredMirrors(containerd = CONTAINERD, docker = DOCKER): Mirror[] {
  const config = readText(containerd) ?? "";
  const folder = configPath(config) ?? "/etc/containerd/certs.d";
  const registries = existsSync(folder) ? readdirSync(folder) : [];
  return [
    ...parseContainerdMirrors(containerd, config),
    ...registries.slice(0, 200).flatMap((registry) => {
      const file = join(folder, registry, "hosts.toml");
      return parseHostsToml(registry, file, readText(file) ?? "");
    }),
    ...parseDaemonJson(docker, readText(docker) ?? ""),
  ].slice(0, LIST_MAX);
}

/** The node's own are asked often: a pull finds them dead at once. Others seldom: a thousand nodes ask the same one. */
const near = new ReachBook(10_000);
const far = new ReachBook(60_000);

const reachOf = (url: string) => {
  const target = hostPort(url);
  return (target && isOwn(target.host) ? near : far).ask(url, target);
};

type Traffic = { at: number; peers: number; origin: number };
let traffic: Traffic | null = null;

async function trafficGrowth(metricsUrl: string | undefined) {
  const none = { bytesFromPeers: null, bytesFromOrigin: null, windowMs: null };
  const target = metricsUrl ? hostPort(metricsUrl) : null;
  if (!metricsUrl || !target) return none;
  const answer = await ask(target, new URL(metricsUrl).pathname, { deadlineMs: 2_000 }).catch(() => null);
  const sums = answer?.status === 200 ? parseDragonfly(answer.body) : null;
  if (!sums) return none;
  const before = traffic;
  traffic = { at: Date.now(), ...sums };
  if (!before || sums.peers < before.peers || sums.origin < before.origin) return none;
  return {
    bytesFromPeers: significant(sums.peers - before.peers),
    bytesFromOrigin: significant(sums.origin - before.origin),
    windowMs: Math.round((traffic.at - before.at) / 10_000) * 10_000,
  };
}

async function peerToPeer(ctx: CollectorContext, mirrors: readonly Mirror[]): Promise<Distribution["p2p"]> {
  const { p2p, modules: configured } = ctx.config;
  const module = (ctx.latest("modules") ?? []).find((m) => m.kind === "dragonfly" && m.state !== "absent");
  const own = mirrors.find(({ endpoint }) => {
    const target = hostPort(endpoint);
    return target !== null && isOwn(target.host) && PEER_PORTS.has(target.port);
  });
  const isConfigured = configured.some((m) => m.kind === "dragonfly");
  if (!p2p && !module && !own && !isConfigured) return null;
  const address = p2p?.endpoint ?? own?.endpoint;
  return {
    module: module?.name ?? null,
    isWanted: isConfigured || module !== undefined || p2p !== undefined || own !== undefined,
    isRunning: module ? module.state === "running" : null,
    endpoint: address ? await reachOf(address) : null,
    seeds: await Promise.all((p2p?.seeds ?? []).slice(0, 10).map(reachOf)),
    ...(await trafficGrowth(p2p?.metricsUrl)),
  };
}

async function onDemand(ctx: CollectorContext): Promise<Distribution["onDemand"]> {
  const module = (ctx.latest("modules") ?? []).find((m) => m.kind === "overlaybd" && m.state !== "absent");
  const devices = onDemandDevices(Date.now());
  const { backends } = ctx.config.images;
  if (!module && devices.length === 0) return null;
  return {
    module: module?.name ?? null,
    isRunning: module ? module.state === "running" : null,
    devices,
    backends: await Promise.all(backends.slice(0, 10).map(reachOf)),
  };
}

/** pgmajfault of /proc/vmstat. */
export function majorFaults(text: string): number | null {
  const value = /^pgmajfault (\d+)$/m.exec(text)?.[1];
  return value === undefined ? null : Number(value);
}

let faults: { at: number; count: number }[] = [];
/** A start of one program makes a burst of faults: the rate is taken over a minute, ms. */
const FAULTS_WINDOW_MS = 60_000;

function faultsPerMinute(now: number): number | null {
  const count = majorFaults(readText("/proc/vmstat") ?? "");
  if (count === null) return null;
  faults = [...faults, { at: now, count }];
  while (faults.length > 2 && now - (faults[1]?.at ?? now) >= FAULTS_WINDOW_MS) faults = faults.slice(1);
  const before = faults[0];
  if (!before || now - before.at < FAULTS_WINDOW_MS / 2) return null;
  return significant(((count - before.count) * 60_000) / (now - before.at), 1);
}

/** The names under which an image is known: as written, and as Docker writes it out in full. */
export function sameImage(wanted: string, tags: readonly string[]): boolean {
  const full =
    /^[^/]+[.:][^/]*\//.test(wanted) || wanted.startsWith("localhost/")
      ? wanted
      : `docker.io/${wanted.includes("/") ? "" : "library/"}${wanted}`;
  return tags.includes(wanted) || tags.includes(full);
}

export const distribution = defineCollector({
  kind: "distribution",
  everyMs: 10_000,
  timeoutMs: 12_000,
  read: async (ctx) => {
    const mirrors = configuredMirrors();
    const images = ctx.latest("images");
    const { registries, wanted } = ctx.config.images;
    return {
      mirrors: await Promise.all(
        mirrors.map(async ({ registry, endpoint, source }) => ({ registry, source, reach: await reachOf(endpoint) })),
      ),
      p2p: await peerToPeer(ctx, mirrors),
      onDemand: await onDemand(ctx),
      majorFaultsPerMinute: faultsPerMinute(Date.now()),
      allowedRegistries: registries ?? null,
      wantedImages: wanted.slice(0, LIST_MAX).map((image) => ({
        image,
        isPresent: images === null ? null : images.some(({ id, tags }) => id === image || sameImage(image, tags)),
      })),
    };
  },
});
