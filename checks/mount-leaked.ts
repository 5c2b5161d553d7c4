// Check: mounts of a container that no runtime knows any more. They keep its files from being removed and pile up in every new mount namespace.
import type { FactData } from "../protocol/facts.ts";
import { liveProcesses } from "./container-lost.ts";
import { defineCheck } from "./define.ts";
import { listedIds, silentRuntime } from "./runtime-state.ts";
import { shortId, t } from "./text.ts";

type ContainerMount = FactData["mounts"]["containerMounts"][number];

/** Mounts by id of the containers that are gone: listed by no runtime, without live process, without shim. */
export function leakedMounts(
  facts: Pick<FactData, "containers" | "pods" | "mounts" | "cgroups" | "processes">,
  sandboxes: FactData["sandboxes"]["processes"] = [],
): Map<string, ContainerMount[]> {
  const listed = listedIds(facts.containers, facts.pods);
  const alive = new Set(
    facts.cgroups.containers
      .filter((c) => liveProcesses(c, facts.processes.shims).length > 0)
      .map((c) => c.containerId),
  );
  for (const sandbox of sandboxes) alive.add(sandbox.containerId);
  const shims = new Set(facts.processes.shims.map((shim) => shim.containerId));
  const leaked = new Map<string, ContainerMount[]>();
  for (const mount of facts.mounts.containerMounts) {
    const id = mount.containerId;
    // Live processes or a shim make it another check's finding: ending these comes first.
    if (listed.has(id) || alive.has(id) || shims.has(id)) continue;
    leaked.set(id, [...(leaked.get(id) ?? []), mount]);
  }
  return leaked;
}

export const mountLeaked = defineCheck({
  id: "mount-leaked",
  title: t("Leaked mount", "泄漏的挂载点"),
  area: "storage",
  severity: "warning",
  needs: ["runtimes", "containers", "pods", "mounts", "cgroups", "processes"],
  dependsOn: ["runtime-down", "runtime-hung"],
  // A runtime unmounts before it forgets; mounts made for a container that is being created are listed within two looks.
  raiseAfterMs: 25_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Detach exactly these mounts; never delete the folders below while something is mounted there: that deletes the data behind the mount.",
    "只卸载这些挂载点；在卸载之前切勿删除其下的目录，否则会删掉挂载背后的数据。",
  ),
  repairs: ["detach-leaked-mount"],
  evaluate: ({ facts, all }) => {
    if (facts.mounts.containerMounts.length === 0) return [];
    if (facts.runtimes.length === 0)
      return { unknown: "container mounts, but no container runtime was found on this node" };
    const silent = silentRuntime(facts.runtimes);
    if (silent) return { unknown: `${silent} does not answer, so nobody can say which containers are gone` };
    return [...leakedMounts(facts, all.sandboxes?.data?.processes)].map(([containerId, mounts]) => {
      const count = mounts.length;
      return {
        subject: containerId,
        reason: mounts.some((mount) => mount.busy) ? "MountLeakedBusy" : "MountLeaked",
        message: t(
          `${count} mount(s) of container ${shortId(containerId)} are left although the runtime does not know it any more.`,
          `容器 ${shortId(containerId)} 已不在运行时记录中，但仍残留 ${count} 个挂载点。`,
        ),
        evidence: [
          {
            label: t("Mounts left behind", "残留的挂载点"),
            source: "mounts" as const,
            kind: "table" as const,
            columns: ["mount point", "type", "source", "stacked", "in use"],
            rows: mounts.slice(0, 20).map((m) => [m.mountPoint, m.type, m.source, m.stacked, m.busy ? "yes" : "no"]),
          },
        ],
        params: { containerId, mounts: mounts.map(({ mountPoint, type, source }) => ({ mountPoint, type, source })) },
      };
    });
  },
});
