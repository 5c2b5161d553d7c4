// Fact "kubelet": is there one, does it answer, what is it told, and which pod folders it has left behind.
import type { FactData } from "../../protocol/facts.ts";
import { readText } from "../host/file.ts";
import { readMounts } from "../host/mountinfo.ts";
import { argvOf, linkOf, type ProcessStat } from "../host/proc.ts";
import { type CollectorContext, defineCollector } from "./define.ts";
import { configFileOf, HealthAsker, healthUrl } from "./kubelet-health.ts";
import { hasKubeletFiles } from "./kubelet-places.ts";
import { lookInto, oldestFirst, podUids } from "./pod-folders.ts";
import { knownToRuntimes } from "./processes.ts";

type Kubelet = FactData["kubelet"];

const CONFIG_FILES = ["/var/lib/kubelet/config.yaml", "/etc/kubernetes/kubelet/kubelet-config.json"];

/** The few top-level settings that checks ask about, from YAML or JSON; a full parser is not worth its weight here. */
export function parseKubeletConfig(text: string): Omit<NonNullable<Kubelet["config"]>, "path"> {
  const scalar = (key: string): string | null =>
    new RegExp(`^\\s{0,4}"?${key}"?:\\s*"?([^",#\\n\\[{]+?)"?\\s*,?\\s*$`, "m").exec(text)?.[1]?.trim() ?? null;
  const count = (key: string): number | null => {
    const value = Number(scalar(key) ?? Number.NaN);
    return Number.isInteger(value) && value >= 0 ? value : null;
  };
  const flag = scalar("rotateCertificates");
  // clusterDNS: a YAML list below the key, or a JSON array behind it.
  const list = /^\s{0,4}"?clusterDNS"?:\s*(\[[^\]]*\]|(?:\n\s*-\s*\S+)+)/m.exec(text)?.[1] ?? "";
  return {
    maxPods: count("maxPods"),
    cgroupDriver: scalar("cgroupDriver"),
    rotateCertificates: flag === null ? null : flag === "true",
    clusterDomain: scalar("clusterDomain"),
    clusterDns: list.match(/[0-9a-fA-F.:]*[0-9a-fA-F]+[.:][0-9a-fA-F.:]+/g) ?? [],
  };
}

/** The configuration as it is now; null when there is no file. */
export function kubeletConfig(): Kubelet["config"] {
  const file = configFile([]);
  return file && { path: file.path, ...parseKubeletConfig(file.text) };
}

function configFile(argv: readonly string[]): { path: string; text: string } | null {
  const told = configFileOf(argv);
  for (const path of told === null ? CONFIG_FILES : [told]) {
    const text = readText(path);
    if (text !== null) return { path, text };
  }
  return null;
}

/** Runtimes are asked for pods that are at most this old, ms. */
const LIST_AGE_MS = 5_000;
const asker = new HealthAsker();

/** The kubelet of this node, not one in a nested container. */
function kubeletProcess({ table }: Pick<CollectorContext, "table">): ProcessStat | null {
  const seen = table.read(5_000);
  return seen.all.find((p) => p.name === "kubelet" && p.state !== "Z" && seen.isLocal(p.pid)) ?? null;
}

/** Is one running? */
export const kubeletRuns = (ctx: Pick<CollectorContext, "table">): boolean => kubeletProcess(ctx) !== null;

let told: { key: string; argv: string[] } = { key: "", argv: [] };

/** Null: switched off, in another network than this agent, or never heard. */
async function healthOf(kubelet: ProcessStat): Promise<Pick<Kubelet, "health" | "healthUrl">> {
  const key = `${kubelet.pid}/${kubelet.startTicks}`;
  if (told.key !== key || told.argv.length === 0) told = { key, argv: await argvOf(kubelet.pid) };
  const url = healthUrl(told.argv, configFile(told.argv)?.text ?? null);
  const net = linkOf(kubelet.pid, "ns/net");
  if (url === null || (net !== null && net !== linkOf(process.pid, "ns/net"))) return { health: null, healthUrl: null };
  return { health: await asker.ask(url, Date.now()), healthUrl: url };
}

async function unlisted(ctx: CollectorContext, uids: readonly string[]): Promise<Kubelet["unlisted"]> {
  const mounts = readMounts();
  const found: Kubelet["unlisted"] = [];
  const seen = new Set(ctx.memory.data.podsSeen);
  for (const uid of uids) {
    const isListed = await knownToRuntimes(ctx, uid, null, LIST_AGE_MS);
    if (isListed) seen.add(uid);
    // "Not asked" is not "not listed": such a folder is left out.
    if (isListed !== false) continue;
    const folder = lookInto(uid, mounts);
    if (folder) found.push({ ...folder, wasListed: seen.has(uid) });
  }
  // A pod that waits for its volumes has a folder and was never listed; remembered are only pods that have one.
  ctx.memory.data.podsSeen = uids.filter((uid) => seen.has(uid)).sort();
  return oldestFirst(found);
}

export const kubelet = defineCollector({
  kind: "kubelet",
  everyMs: 15_000,
  timeoutMs: 15_000,
  read: async (ctx) => {
    const own = kubeletProcess(ctx);
    const running = own !== null;
    const config = kubeletConfig();
    const asked = own ? await healthOf(own) : { health: null, healthUrl: null };
    const uids = podUids();
    return {
      present: running || config !== null || hasKubeletFiles(),
      running,
      ...asked,
      config,
      podFolders: uids.length,
      unlisted: await unlisted(ctx, uids),
    };
  },
});
