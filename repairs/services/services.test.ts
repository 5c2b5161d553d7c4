// Repairs of the services: each proves its target and refuses when something speaks against it.
import { describe, expect, it } from "vitest";
import type { FactData, Facts } from "../../protocol/facts.ts";
import { actionsOf, contextOf, nth, refusals } from "../../testing/catalogue.ts";
import { aModule, aPod, aRuntime, failedProbe, NOW, nodeFacts } from "../../testing/facts.ts";
import { servicesFaults } from "../../testing/faults-services.ts";
import { clearOrphanVolumes } from "./clear-orphan-volumes.ts";
import { continueModule } from "./continue-module.ts";
import { raiseModuleFiles } from "./raise-module-files.ts";
import { restartModule } from "./restart-module.ts";
import { startModule } from "./start-module.ts";

const withFact = <K extends keyof FactData>(facts: Facts, kind: K, data: FactData[K]): Facts => ({
  ...facts,
  [kind]: { data, at: NOW, error: null },
});
/** The facts with one module bent. */
const bent = (facts: Facts, name: string, over: Partial<FactData["modules"][number]>): Facts =>
  withFact(
    facts,
    "modules",
    (facts.modules?.data ?? []).map((m) => (m.name === name ? { ...m, ...over } : m)),
  );

describe("raise-module-files", () => {
  const full = nth(servicesFaults["module-files-exhausted"], 0);
  const facts = (openFiles: number, openFilesMax: number) =>
    nodeFacts({ modules: [aModule({ openFiles, openFilesMax })] });

  it("doubles the limit of exactly this process", () => {
    const ctx = contextOf("module-files-exhausted", full.facts);
    expect(refusals(raiseModuleFiles, ctx)).toEqual([]);
    expect(actionsOf(raiseModuleFiles, ctx)).toEqual([
      {
        type: "module.limits",
        params: { module: "containerd", process: { pid: 700, startTicks: 5_000 }, openFiles: 2_048 },
      },
    ]);
  });

  it.each([
    [1_024, 1_024, 2_048],
    [900_000, 1_000_000, null],
    [500_000, 524_288, 1_048_576],
    [1_048_000, 1_048_576, null],
    [60, 64, 1_024],
  ])("%d of %d: %s", (used, max, value) => {
    const ctx = contextOf("module-files-exhausted", facts(used, max));
    const [action] = actionsOf(raiseModuleFiles, ctx);
    expect(action?.type === "module.limits" ? action.params.openFiles : null).toBe(value);
    expect(refusals(raiseModuleFiles, ctx)).toEqual(value === null ? ["can-rise"] : []);
  });

  it("refuses for a later process", () => {
    const later = bent(full.facts, "containerd", { process: { pid: 700, startTicks: 9_999 } });
    expect(refusals(raiseModuleFiles, contextOf("module-files-exhausted", full.facts, later))).toEqual([
      "same-process",
    ]);
  });
});

describe("start-module", () => {
  const gone = nth(servicesFaults["module-stopped"], 0);

  it.each(["module-stopped", "time-service-down", "kubelet-down"] as const)("starts what %s names", (id) => {
    const fault = nth(servicesFaults[id], 0);
    const ctx = contextOf(id, fault.facts);
    expect(refusals(startModule, ctx)).toEqual([]);
    expect(actionsOf(startModule, ctx)).toMatchObject([
      { type: "module.restart", params: { module: fault.subject, mode: "start", process: null } },
    ]);
  });

  it("refuses where it runs again, may not be started, or is a runtime", () => {
    const now = (over: Partial<FactData["modules"][number]>) =>
      contextOf("module-stopped", gone.facts, bent(gone.facts, "fluent-bit", over));
    expect(refusals(startModule, now({ state: "running", process: { pid: 1, startTicks: 1 } }))).toEqual([
      "still-there",
    ]);
    expect(refusals(startModule, now({ restartable: false }))).toEqual(["module-restartable"]);
    expect(refusals(startModule, now({ manager: "systemd", ended: "cleanly" }))).toEqual(["ended-by-itself"]);
    expect(refusals(startModule, now({ manager: "systemd", ended: null }))).toEqual(["ended-by-itself"]);
    expect(refusals(startModule, now({ manager: "systemd", ended: "failed" }))).toEqual([]);
    expect(refusals(startModule, now({ kind: "runtime" }))).toEqual(["no-runtime"]);
  });
});

describe("a module that hangs", () => {
  const stopped = nth(servicesFaults["module-hung"], 0);
  const silent = nth(servicesFaults["module-hung"], 1);
  const stoppedKubelet = nth(servicesFaults["kubelet-unhealthy"], 2);
  const deaf = nth(servicesFaults["kubelet-unhealthy"], 0);

  it("is let go on when it was stopped", () => {
    for (const [id, fault] of [
      ["module-hung", stopped],
      ["kubelet-unhealthy", stoppedKubelet],
    ] as const) {
      const ctx = contextOf(id, fault.facts);
      expect(refusals(continueModule, ctx)).toEqual([]);
      expect(actionsOf(continueModule, ctx)).toMatchObject([{ type: "process.resume" }]);
    }
    expect(refusals(continueModule, contextOf("module-hung", silent.facts))).toEqual(["still-there"]);
    // One that a debugger holds is not ours to wake: the agent would refuse it.
    const traced = bent(stopped.facts, stopped.subject, { processState: "t" });
    expect(refusals(continueModule, contextOf("module-hung", stopped.facts, traced))).toEqual(["still-there"]);
  });

  it("is restarted when it runs and is silent", () => {
    for (const [id, fault] of [
      ["module-hung", silent],
      ["kubelet-unhealthy", deaf],
    ] as const) {
      const ctx = contextOf(id, fault.facts);
      expect(refusals(restartModule, ctx)).toEqual([]);
      expect(actionsOf(restartModule, ctx)).toMatchObject([
        { type: "module.restart", params: { module: fault.subject, mode: "kill-restart" } },
      ]);
    }
  });

  it("is not restarted while it starts, waits in the kernel, or is another process", () => {
    const now = (over: Partial<FactData["modules"][number]>) =>
      contextOf("module-hung", silent.facts, bent(silent.facts, "flanneld", over));
    expect(refusals(restartModule, now({ startedAt: NOW - 119_000 }))).toEqual(["not-just-started"]);
    expect(refusals(restartModule, now({ processState: "D" }))).toEqual(["can-be-ended"]);
    expect(refusals(restartModule, now({ process: { pid: 731, startTicks: 1 } }))).toEqual(["same-process"]);
    expect(refusals(restartModule, now({ kind: "runtime" }))).toEqual(["no-runtime"]);
    expect(refusals(restartModule, now({ state: "running", message: null }))).toEqual(["still-there"]);
  });
});

describe("clear-orphan-volumes", () => {
  const empty = nth(servicesFaults["orphan-pod-volumes"], 0);
  const withFile = nth(servicesFaults["orphan-pod-volumes"], 1);
  const uid = empty.subject;
  const folder = (over: Partial<FactData["kubelet"]["unlisted"][number]>): Facts => {
    const kubelet = empty.facts.kubelet?.data;
    if (!kubelet) throw new Error("the fixture has no kubelet fact");
    return withFact(empty.facts, "kubelet", { ...kubelet, unlisted: kubelet.unlisted.map((f) => ({ ...f, ...over })) });
  };
  const refused = (facts: Facts) => refusals(clearOrphanVolumes, contextOf("orphan-pod-volumes", empty.facts, facts));

  it("removes empty folders of exactly this pod", () => {
    const ctx = contextOf("orphan-pod-volumes", empty.facts);
    expect(refusals(clearOrphanVolumes, ctx)).toEqual([]);
    expect(actionsOf(clearOrphanVolumes, ctx)).toEqual([{ type: "volume.clear", params: { podUid: uid } }]);
  });

  it("says which file speaks against it", () => {
    const ctx = contextOf("orphan-pod-volumes", withFile.facts);
    const guard = clearOrphanVolumes.guards(ctx).find((g) => !g.ok);
    expect(guard).toMatchObject({ id: "only-empty-folders" });
    expect(guard?.detail).toContain("volumes/kubernetes.io~empty-dir/data/a");
  });

  it("refuses for a mount, a young folder, a listed pod and a silent runtime", () => {
    const present = folder({}).kubelet?.data;
    if (!present) throw new Error("the fixture has a kubelet fact");
    expect(refused(withFact(empty.facts, "kubelet", { ...present, present: true }))).toEqual(["proven-gone"]);
    expect(refused(folder({ mounts: 1 }))).toEqual(["nothing-mounted"]);
    expect(refused(folder({ modifiedAt: NOW - 599_000 }))).toEqual(["old-enough"]);
    expect(refused(withFact(empty.facts, "pods", [aPod({ uid })]))).toEqual(["not-listed"]);
    expect(refused(withFact(empty.facts, "runtimes", [aRuntime({ probe: failedProbe("UNAVAILABLE", 1) })]))).toEqual([
      "runtime-answers",
    ]);
    const mount = {
      mountPoint: `/var/lib/kubelet/pods/${uid}/x`,
      type: "tmpfs",
      source: "t",
      runtime: null,
      containerId: uid,
      stacked: 1,
      busy: false,
    };
    expect(refused(withFact(empty.facts, "mounts", { total: 1, byType: {}, containerMounts: [mount] }))).toEqual([
      "nothing-mounted",
    ]);
  });
});
