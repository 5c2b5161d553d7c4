// The application behind a pod's or container's name: what its controller added to it is taken off. Pure.
import type { Application } from "./schema.ts";

export type AppName = { name: string; kind: Application["kind"] };

// Kubernetes draws suffixes from these (apimachinery, util/rand): no vowels, no 0, 1 and 3, so that no words come out.
const SAFE = "bcdfghjklmnpqrstvwxz2456789";
const RANDOM = `[${SAFE}]{5}`;
/** Hash of a ReplicaSet's template: an FNV-32 sum in decimal, its digits drawn from the same letters. */
const HASH = `[${SAFE}]{6,10}`;

const DEPLOYMENT = new RegExp(`^(.+)-${HASH}-${RANDOM}$`);
/** A CronJob's runs carry the minute; indexed Jobs carry the index. */
const CRON_JOB = new RegExp(`^(.+)-\\d{8,10}(?:-\\d+)?-${RANDOM}$`);
const INDEXED_JOB = new RegExp(`^(.+)-\\d{1,4}-${RANDOM}$`);
const ONE_SUFFIX = new RegExp(`^(.+)-${RANDOM}$`);
const STATEFUL_SET = /^(.+)-\d{1,5}$/;
/** Compose numbers the containers of a service. */
const COMPOSE = /^(.+)[-_]\d{1,4}$/;

/**
 * @param podName null for a container without a pod: then its own name counts
 * @param nodeName static pods carry it behind their name
 */
export function appNameOf(podName: string | null, containerName: string, nodeName: string): AppName {
  if (podName === null || podName === "") {
    const bare = containerName.replace(/^\//, "");
    return { name: COMPOSE.exec(bare)?.[1] ?? bare, kind: "container" };
  }
  if (podName.endsWith(`-${nodeName}`) && podName.length > nodeName.length + 1)
    return { name: podName.slice(0, -nodeName.length - 1), kind: "daemon-set" };
  const patterns: [RegExp, Application["kind"]][] = [
    [CRON_JOB, "job"],
    // Before the Deployment: an index is digits only, of which a hash may have some as well.
    [INDEXED_JOB, "job"],
    [DEPLOYMENT, "deployment"],
    [ONE_SUFFIX, "daemon-set"],
    [STATEFUL_SET, "stateful-set"],
  ];
  for (const [pattern, kind] of patterns) {
    const name = pattern.exec(podName)?.[1];
    if (name) return { name, kind };
  }
  return { name: podName, kind: "pod" };
}
