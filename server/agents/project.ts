// What lists and search need of a node, projected from its facts into columns of `node` and rows of `container`. Pure.
import type { FactData, FactKind } from "../../protocol/facts.ts";
import { toInt4, toInt8, toPgTime } from "./pg-json.ts";

export type ReadableFacts = { [K in FactKind]?: FactData[K] };

/** Columns of `node` that these facts decide; absent keys stay as they are. */
export function projectNode(nodeId: string, facts: ReadableFacts): Record<string, unknown> | null {
  const { identity, runtimes, containers, pods, agent } = facts;
  if (!identity && !runtimes && !containers && !pods && !agent) return null;
  return {
    id: nodeId,
    ...(agent && { agent_version: agent.version }),
    ...(identity && {
      hostname: identity.hostname,
      kernel: identity.kernel,
      os: identity.os.name,
      arch: identity.arch,
      cpu_count: toInt4(identity.cpuCount),
      memory_bytes: toInt8(identity.memoryBytes),
      addresses: identity.addresses.slice(0, 64),
      boot_id: identity.bootId,
      agent_version: identity.agentVersion,
    }),
    ...(runtimes && {
      runtimes: runtimes.map(({ name, version }) => (version ? `${name} ${version}` : name)).join(", "),
    }),
    ...(containers && { container_count: containers.filter(({ state }) => state === "running").length }),
    ...(pods && { pod_count: pods.length }),
  };
}

/** Rows of `container`; of two entries with the same runtime and id the later one stands. */
export function projectContainers(
  nodeId: string,
  containers: FactData["containers"],
  now: Date,
): Record<string, unknown>[] {
  const byKey = new Map(containers.map((container) => [`${container.runtime}/${container.id}`, container]));
  return [...byKey.values()].map((c) => ({
    node_id: nodeId,
    runtime: c.runtime,
    id: c.id,
    name: c.name,
    pod_name: c.podName,
    pod_namespace: c.podNamespace,
    image: c.image,
    handler: c.handler,
    state: c.state,
    exit_code: toInt4(c.exitCode),
    reason: c.reason,
    attempt: toInt4(c.attempt),
    pid: toInt4(c.pid),
    created_at: toPgTime(c.createdAt, now),
    started_at: c.startedAt === null ? null : toPgTime(c.startedAt, now),
    finished_at: c.finishedAt === null ? null : toPgTime(c.finishedAt, now),
    cpu_limit_millis: c.cpuLimitMillis,
    memory_limit_bytes: toInt8(c.memoryLimitBytes),
  }));
}
