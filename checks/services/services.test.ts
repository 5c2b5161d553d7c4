// Levels and borders of the services' checks, and what belongs to which of them.
import { describe, expect, it } from "vitest";
import type { FactData } from "../../protocol/facts.ts";
import { nth, problemsOf, unknownOf } from "../../testing/catalogue.ts";
import { aModule, aRuntime, failedProbe, NOW, nodeFacts } from "../../testing/facts.ts";
import { base } from "../../testing/fault-parts.ts";
import { servicesFaults } from "../../testing/faults-services.ts";
import { agentOverloaded } from "./agent-overloaded.ts";
import { certificateExpired } from "./certificate-expired.ts";
import { certificateExpiring } from "./certificate-expiring.ts";
import { dnsFailing } from "./dns-failing.ts";
import { dnsSlow } from "./dns-slow.ts";
import { egressBlocked } from "./egress-blocked.ts";
import { endpointFailing } from "./endpoint-failing.ts";
import { moduleFilesExhausted } from "./module-files-exhausted.ts";
import { moduleHung } from "./module-hung.ts";
import { moduleStopped } from "./module-stopped.ts";
import { orphanPodVolumes } from "./orphan-pod-volumes.ts";
import { systemdUnitFailed } from "./systemd-unit-failed.ts";
import { systemdUnitRestarting } from "./systemd-unit-restarting.ts";

const DAY = 86_400_000;

describe("module-files-exhausted", () => {
  const facts = (openFiles: number | null, openFilesMax: number | null) =>
    nodeFacts({ modules: [aModule({ openFiles, openFilesMax })] });
  it.each([
    [849, 1_000, [], 0],
    [850, 1_000, [], 1],
    [700, 1_000, ["containerd"], 1],
    [699, 1_000, ["containerd"], 0],
    [null, 1_000, [], 0],
    [900, null, [], 0],
    [900, 0, [], 0],
  ])("%s of %s with %j open: %d", (used, max, open, count) =>
    expect(problemsOf(moduleFilesExhausted, facts(used, max), open)).toHaveLength(count),
  );
});

describe("modules with a check of their own", () => {
  it.each(["runtime", "lxcfs", "dragonfly", "overlaybd", "kubelet", "agent"] as const)("%s is left to it", (kind) => {
    const modules = (over: Partial<FactData["modules"][number]>) =>
      nodeFacts({ modules: [aModule({ name: "m", kind, ...over })] });
    expect(problemsOf(moduleStopped, modules({ state: "stopped", process: null }))).toEqual([]);
    expect(problemsOf(moduleHung, modules({ state: "hung", processState: "T" }))).toEqual([]);
  });
});

describe("certificates", () => {
  const facts = (left: number, lifetime: number) =>
    nodeFacts({
      certificates: [
        { path: "/c", subject: "CN=c", notBefore: NOW + left - lifetime, notAfter: NOW + left, error: null },
      ],
    });
  it.each([
    [8 * DAY, 365 * DAY, "fine"],
    [6.9 * DAY, 365 * DAY, "expiring"],
    [0.2 * DAY, DAY, "fine"],
    [0.09 * DAY, DAY, "expiring"],
    [0, DAY, "expired"],
    [-DAY, 365 * DAY, "expired"],
  ])("%d ms left of %d: %s", (left, lifetime, state) => {
    expect(problemsOf(certificateExpiring, facts(left, lifetime)).length, "expiring").toBe(
      state === "expiring" ? 1 : 0,
    );
    expect(problemsOf(certificateExpired, facts(left, lifetime)).length, "expired").toBe(state === "expired" ? 1 : 0);
  });
});

describe("names", () => {
  const lookup = (over: Partial<FactData["dns"]["lookups"][number]>) => ({
    name: ".",
    server: "s",
    ok: true,
    latencyMs: 20,
    code: null,
    firstAnswerAt: NOW - DAY,
    failingSince: null,
    failures: 0,
    ...over,
  });
  const facts = (...lookups: FactData["dns"]["lookups"]) => nodeFacts({ dns: { ...base.dns, lookups } });
  const silent = { ok: false, code: "ETIMEOUT", failures: 2, failingSince: NOW - 60_000 };

  it("one lost question is none", () => {
    expect(problemsOf(dnsFailing, facts(lookup({ ...silent, failures: 1 })))).toEqual([]);
    expect(problemsOf(dnsFailing, facts(lookup(silent)))).toMatchObject([{ causeKey: "dns:s" }]);
  });

  it("a server that never answered counts only where names are needed", () => {
    const never = facts(lookup({ ...silent, firstAnswerAt: null }));
    expect(problemsOf(dnsFailing, never)).toEqual([]);
    const kubelet = { ...base.kubelet, present: true };
    expect(problemsOf(dnsFailing, { ...never, kubelet: { data: kubelet, at: NOW, error: null } })).toHaveLength(1);
    expect(problemsOf(dnsFailing, facts(lookup({ ...silent, name: "n", firstAnswerAt: null })))).toHaveLength(1);
  });

  it("slow has two levels, silent is not slow", () => {
    expect(problemsOf(dnsSlow, facts(lookup({ latencyMs: 500 })))).toEqual([]);
    expect(problemsOf(dnsSlow, facts(lookup({ latencyMs: 500 })), ["s ."])).toHaveLength(1);
    expect(problemsOf(dnsSlow, facts(lookup({ ...silent, latencyMs: 5_000 })))).toEqual([]);
  });
});

describe("orphan-pod-volumes", () => {
  const orphan = nth(servicesFaults["orphan-pod-volumes"], 0);
  const beside = (over: Partial<FactData["kubelet"]["unlisted"][number]>, line?: string) => {
    const kubelet = orphan.facts.kubelet?.data;
    if (!kubelet) throw new Error("the fixture has a kubelet fact");
    const unlisted = kubelet.unlisted.map((folder) => ({ ...folder, ...over }));
    const facts = { ...orphan.facts, ...pickKubelet({ ...kubelet, present: true, unlisted }) };
    const logMatches = line === undefined ? {} : pickLog(line);
    return problemsOf(orphanPodVolumes, { ...facts, ...logMatches }).length;
  };
  const pickKubelet = (data: FactData["kubelet"]) => ({ kubelet: { data, at: NOW, error: null } });
  const pickLog = (line: string) => ({
    logMatches: {
      at: NOW,
      error: null,
      data: {
        reads: ["kubelet"],
        matches: [
          {
            rule: "pod-volumes-orphaned",
            source: "kubelet",
            subject: "pods",
            count: 3,
            firstAt: NOW,
            lastAt: NOW,
            recent: [NOW],
            isCleared: false,
            clearedAt: null,
            lines: [line],
            captures: {},
          },
        ],
      },
    },
  });
  it("beside a kubelet, a pod that was never listed may be waiting for its volumes", () => {
    expect(beside({})).toBe(0);
    expect(beside({ wasListed: false })).toBe(0);
    expect(beside({ wasListed: true })).toBe(1);
    expect(beside({}, `Orphaned pod "${orphan.subject}" found, but volume paths are still present`)).toBe(1);
    expect(beside({}, 'Orphaned pod "another" found, but volume paths are still present')).toBe(0);
  });
  it("is unknown while a runtime does not answer", () => {
    const runtimes = [aRuntime({ probe: failedProbe("UNAVAILABLE", 3) })];
    expect(
      unknownOf(orphanPodVolumes, { ...orphan.facts, runtimes: { data: runtimes, at: NOW, error: null } }),
    ).toMatch("does not answer");
  });
});

describe("endpoint-failing", () => {
  const cilium = { ...nth(base.cni.files, 0), plugins: ["cilium-cni"] };
  const asked = (name: string, failures: number) => ({
    ...{ name, url: "http://127.0.0.1:9879/healthz", scope: "local" as const, ok: failures === 0, status: null },
    ...{ latencyMs: 20, error: failures === 0 ? null : "ECONNREFUSED", failingSince: NOW - 90_000, failures },
  });
  const facts = (endpoints: FactData["endpoints"]) => nodeFacts({ cni: { ...base.cni, files: [cilium] }, endpoints });
  it("is unknown where Cilium is wanted and nobody could be asked, and still tells of others", () => {
    expect(unknownOf(endpointFailing, facts([]))).toMatch("no cilium-agent");
    expect(problemsOf(endpointFailing, facts([asked("kube-proxy", 3)])).map((p) => p.subject)).toEqual(["kube-proxy"]);
    expect(problemsOf(endpointFailing, facts([asked("cilium-agent", 0)]))).toEqual([]);
  });
});

describe("systemd", () => {
  const facts = (over: Partial<FactData["systemd"]>) =>
    nodeFacts({ systemd: { ...base.systemd, present: true, ...over } });
  it("leaves units of modules to the modules' checks", () => {
    const failed = ["containerd.service", "lxcfs.service", "other.service"].map((unit) => ({
      unit,
      result: "signal",
      description: "",
    }));
    expect(problemsOf(systemdUnitFailed, facts({ failed })).map((p) => p.subject)).toEqual(["other.service"]);
  });
  it("is unknown when systemd did not list its units", () => {
    expect(unknownOf(systemdUnitFailed, facts({ failed: null }))).toMatch("did not list");
    expect(unknownOf(systemdUnitRestarting, facts({ restarts: null }))).toMatch("did not list");
  });
  it("a service that restarts has two levels", () => {
    const restarts = (recent: number) =>
      facts({ restarts: [{ unit: "a.service", total: 9, recent, overMs: 600_000 }] });
    expect(problemsOf(systemdUnitRestarting, restarts(2))).toEqual([]);
    expect(problemsOf(systemdUnitRestarting, restarts(2), ["a.service"])).toHaveLength(1);
    expect(problemsOf(systemdUnitRestarting, restarts(3))).toHaveLength(1);
  });
});

describe("agent-overloaded", () => {
  const agent = (over: Partial<FactData["agent"]>) => nodeFacts({ agent: { ...base.agent, ...over } });
  it("does not count what is not there, nor the first minutes", () => {
    const failing = { a: "no such file", b: "not in use", c: "EACCES", d: "not a number" };
    expect(problemsOf(agentOverloaded, agent({ failing }))).toEqual([]);
    expect(problemsOf(agentOverloaded, agent({ startedAt: NOW - 60_000, cpuMs: 30_000 }))).toEqual([]);
    expect(problemsOf(agentOverloaded, agent({ startedAt: NOW - 700_000, cpuMs: 70_000 }))).toHaveLength(1);
  });
});

describe("egress-blocked", () => {
  it("nodes that miss the same endpoint share the cause", () => {
    const blocked = nth(servicesFaults["egress-blocked"], 0);
    expect(problemsOf(egressBlocked, blocked.facts)[0]?.causeKey).toBe(
      "endpoint:https://registry.example.internal/v2/",
    );
  });
});
