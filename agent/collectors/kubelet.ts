// Fact "kubelet": is there one, does it answer, what is it told, and which pod folders it has left behind.
import { existsSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { readText } from "../host/file.ts";
import { Failures, probeUrl } from "../host/http-probe.ts";
import { readMounts } from "../host/mountinfo.ts";
import { type CollectorContext, defineCollector } from "./define.ts";
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
  for (const path of CONFIG_FILES) {
    const text = readText(path);
    if (text !== null) return { path, ...parseKubeletConfig(text) };
  }
  return null;
}

const HEALTH_URL = "http://127.0.0.1:10248/healthz";
/** Runtimes are asked for pods that are at most this old, ms. */
const LIST_AGE_MS = 5_000;
const failures = new Failures();

/** Is a kubelet of this node (not one in a nested container) running? */
export function kubeletRuns({ table }: Pick<CollectorContext, "table">): boolean {
  const seen = table.read(5_000);
  return seen.all.some((p) => p.name === "kubelet" && p.state !== "Z" && seen.isLocal(p.pid));
}

async function unlisted(ctx: CollectorContext, uids: readonly string[]): Promise<Kubelet["unlisted"]> {
  const mounts = readMounts();
  const found: Kubelet["unlisted"] = [];
  for (const uid of uids) {
    // "Not asked" is not "not listed": such a folder is left out.
    if ((await knownToRuntimes(ctx, uid, null, LIST_AGE_MS)) !== false) continue;
    const folder = lookInto(uid, mounts);
    if (folder) found.push(folder);
  }
  return oldestFirst(found);
}

export const kubelet = defineCollector({
  kind: "kubelet",
  everyMs: 15_000,
  timeoutMs: 15_000,
  read: async (ctx) => {
    const running = kubeletRuns(ctx);
    const config = kubeletConfig();
    const health = running ? failures.keep("kubelet", await probeUrl(HEALTH_URL, "local"), Date.now()) : null;
    const uids = podUids();
    return {
      present: running || config !== null || existsSync("/etc/kubernetes/kubelet.conf"),
      running,
      health,
      config,
      podFolders: uids.length,
      unlisted: await unlisted(ctx, uids),
    };
  },
});
