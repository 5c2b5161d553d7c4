// What the judge is told of one node: each event once, none of before the change, nothing where nothing is known.
import { describe, expect, it } from "vitest";
import type { FactData, FactKind } from "../../protocol/facts.ts";
import { aContainer, aModule, anExited, asFacts, healthyData, NOW } from "../../testing/facts.ts";
import { hardSignal, type Kept, type NodeInput, nodeWindow, signals } from "./signals.ts";

const SINCE = NOW - 60_000;
/** A look at NOW + `later`, with facts that the agent read `lookedAgoMs` before. */
function input(
  data: Partial<FactData>,
  over: Partial<NodeInput> & { later?: number; lookedAgoMs?: number } = {},
): NodeInput {
  const { later = 0, lookedAgoMs = 1_000, ...rest } = over;
  const at = NOW + later;
  const lookedAt = new Map(Object.keys(data).map((kind) => [kind as FactKind, at - lookedAgoMs]));
  return {
    facts: asFacts(data, at),
    lookedAt,
    findings: [],
    isLost: false,
    modules: [],
    before: null,
    since: SINCE,
    changedAt: SINCE,
    ...rest,
  };
}
const events = (one: NodeInput) => Object.fromEntries(Object.entries(nodeWindow(one).events).filter(([, n]) => n > 0));
const calls = (total: number, success: number) => ({
  runtimeMetrics: [
    {
      runtime: "containerd",
      interface: "RuntimeService/RunPodSandbox",
      windowMs: 60_000,
      total,
      success,
      successRatio: success / total,
      latencyMsP50: 40,
      latencyMsP99: 90,
      inFlight: 0,
    },
  ],
});

describe("one node between two looks", () => {
  it("a healthy node has exposure and no events", () => {
    const one = input(healthyData());
    expect(nodeWindow(one).exposureMs).toBe(60_000);
    expect(events(one)).toEqual({});
  });

  it.each([
    [
      "a module that began after the change",
      { modules: [aModule({ startedAt: NOW - 5_000 })] },
      { "module-restarts": 1 },
    ],
    ["a module that began before it", { modules: [aModule({ startedAt: SINCE - 1 })] }, {}],
    [
      "a container's second start",
      { containers: [aContainer({ attempt: 1, startedAt: NOW - 5_000 })] },
      { "container-restarts": 1 },
    ],
    [
      "a container's first start is work, not harm",
      { containers: [aContainer({ attempt: 0, startedAt: NOW - 5_000 })] },
      {},
    ],
    ["a container that failed", { containers: [anExited("a", 5_000, { exitCode: 1 })] }, { "container-failures": 1 }],
    ["one that was asked to end", { containers: [anExited("b", 5_000, { exitCode: 143 })] }, {}],
    ["one that ended well", { containers: [anExited("c", 5_000, { exitCode: 0 })] }, {}],
    ["one that failed before the change", { containers: [anExited("d", 90_000, { exitCode: 1 })] }, {}],
  ] satisfies [string, Partial<FactData>, Record<string, number>][])("%s", (_, data, expected) => {
    expect(events(input(data))).toEqual(expected);
  });

  it("tells an event once, also when the fact that tells it comes late", () => {
    const quiet = { containers: [aContainer()] };
    const restarted = { containers: [aContainer({ attempt: 1, startedAt: NOW + 1_000 })] };
    const first = nodeWindow(input(quiet));
    // The agent looks every 10 s: at NOW + 2 s nothing is known of the start at NOW + 1 s yet.
    const second = nodeWindow(input(quiet, { later: 2_000, lookedAgoMs: 3_000, before: first.kept }));
    const third = nodeWindow(input(restarted, { later: 10_000, lookedAgoMs: 500, before: second.kept }));
    const fourth = nodeWindow(input(restarted, { later: 12_000, lookedAgoMs: 2_500, before: third.kept }));
    expect([first, second, third, fourth].map(({ events }) => events["container-restarts"] ?? 0)).toEqual([0, 0, 1, 0]);
    expect(second.exposureMs).toBe(2_000);
  });

  it("counts a window of calls once", () => {
    const first = nodeWindow(input(calls(10, 7)));
    expect(first.rates["runtime-calls"]).toEqual({ total: 10, failed: 3 });
    expect(first.latencies["runtime-latency"]).toEqual([40]);
    const again = nodeWindow(input(calls(10, 7), { later: 5_000, lookedAgoMs: 6_000, before: first.kept }));
    expect(again.rates).toEqual({});
  });

  it("tells pulls by themselves: quick calls do not hide slow ones", () => {
    const [call] = calls(10, 10).runtimeMetrics;
    const pull = { ...call, interface: "ImageService/PullImage", latencyMsP50: 6_000 } as typeof call & object;
    const { latencies } = nodeWindow(input({ runtimeMetrics: [...calls(10, 10).runtimeMetrics, pull] }));
    expect(latencies).toEqual({ "runtime-latency": [40], "pull-latency": [6_000] });
  });

  it("counts the kernel's kills from the second look on", () => {
    const vm = (oomKills: number) => ({ vm: { ...healthyData().vm, oomKills } });
    const first = nodeWindow(input(vm(4)));
    expect(first.events["oom-kills"] ?? 0).toBe(0);
    expect(nodeWindow(input(vm(6), { later: 5_000, before: first.kept })).events["oom-kills"]).toBe(2);
  });

  it("tells the memory of the touched modules as a multiple of the first look's", () => {
    const module = (rssBytes: number) => ({
      modules: [aModule({ name: "containerd", rssBytes, startedAt: SINCE - 9 })],
    });
    const first = nodeWindow(input(module(100), { modules: ["containerd"] }));
    const later = nodeWindow(input(module(150), { modules: ["containerd"], later: 5_000, before: first.kept }));
    expect([first.gauges["module-memory"], later.gauges["module-memory"]]).toEqual([1, 1.5]);
    expect(nodeWindow(input(module(150))).gauges["module-memory"]).toBeUndefined();
  });

  it("says nothing of a node whose facts nobody confirms, but what the console saw itself", () => {
    const before: Kept = { at: NOW, lookedAt: {}, oomKills: null, moduleRss: {} };
    const one = input({ containers: [anExited("a", 5_000, { exitCode: 1 })] }, { before, isLost: true });
    expect(nodeWindow(one).exposureMs).toBe(0);
    expect(events(one)).toEqual({ "not-reporting": 1 });
  });

  it("every event, rate, latency and gauge is a listed signal", () => {
    const { events, rates, latencies, gauges } = nodeWindow(
      input({ ...healthyData(), ...calls(2, 1) }, { modules: ["containerd"], isLost: true }),
    );
    const listed = new Set(signals.map(({ id }) => id));
    const told = [events, rates, latencies, gauges].flatMap((part) => Object.keys(part));
    expect(told.filter((id) => !listed.has(id))).toEqual([]);
    expect(new Set(signals.map(({ id }) => id)).size).toBe(signals.length);
  });
});

describe("hard signals", () => {
  const named = (one: NodeInput) => hardSignal(one)?.what.en ?? null;
  it.each([
    ["all is well", input(healthyData(), { modules: ["containerd"] }), null],
    [
      "a critical finding",
      input({}, { findings: [{ checkId: "cni-broken", severity: "critical", openedAt: NOW }] }),
      "cni-broken",
    ],
    ["a warning is none", input({}, { findings: [{ checkId: "x", severity: "warning", openedAt: NOW }] }), null],
    ["not reporting", input({}, { isLost: true }), "no report any more"],
    [
      "a touched module is dead",
      input({ modules: [aModule({ name: "containerd", state: "stopped" })] }, { modules: ["containerd"] }),
      "stopped",
    ],
    [
      "another module is dead",
      input({ modules: [aModule({ name: "lxcfs", state: "stopped" })] }, { modules: ["containerd"] }),
      null,
    ],
  ] satisfies [string, NodeInput, string | null][])("%s", (_, one, expected) => {
    if (expected === null) expect(named(one)).toBeNull();
    else expect(named(one)).toContain(expected);
  });
});
