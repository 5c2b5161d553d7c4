// Image checks at their edges: names of images, what counts as usual, whose cause a problem is.
import { describe, expect, it } from "vitest";
import type { FactData } from "../../protocol/facts.ts";
import { problemsOf, unknownOf } from "../../testing/catalogue.ts";
import { aContainer, NOW, nodeFacts } from "../../testing/facts.ts";
import { aCall, aStart, healthyImage } from "../../testing/facts-image.ts";
import { imagePullFailing } from "./image-pull-failing.ts";
import { imagePullSlow } from "./image-pull-slow.ts";
import { mainRegistry, registryOf, tagOf } from "./names.ts";
import { onDemandPageCacheLoss } from "./on-demand-page-cache-loss.ts";
import { p2pDaemonDown } from "./p2p-daemon-down.ts";
import { p2pSeedMissing } from "./p2p-seed-missing.ts";
import { registryMirrorDown } from "./registry-mirror-down.ts";
import { comparable } from "./runtime-calls.ts";
import { startObjectiveMissed } from "./start-objective-missed.ts";

const base: Pick<FactData, "distribution" | "startup"> = healthyImage();
type Distribution = FactData["distribution"];
type P2p = NonNullable<Distribution["p2p"]>;
const dist = (over: Partial<Distribution>) => nodeFacts({ distribution: { ...base.distribution, ...over } });
const reach = (address: string, failures: number) => ({
  address,
  ok: failures === 0,
  error: failures ? "ECONNREFUSED" : null,
  failingSince: failures ? NOW : null,
  failures,
});
const p2p = (over: Partial<P2p>): P2p => ({
  module: "dfdaemon",
  isWanted: true,
  isRunning: true,
  endpoint: null,
  seeds: [],
  bytesFromPeers: null,
  bytesFromOrigin: null,
  windowMs: null,
  ...over,
});

describe("names", () => {
  it.each([
    ["nginx", "docker.io", ""],
    ["team/app:1", "docker.io", "1"],
    ["localhost:5000/app", "localhost:5000", ""],
    ["registry.example.test/a/b:latest", "registry.example.test", "latest"],
    [`r.example.test/a@sha256:${"a".repeat(64)}`, "r.example.test", null],
    [`sha256:${"a".repeat(64)}`, null, null],
    ["", null, ""],
  ])("%s comes from %s with tag %j", (image, registry, tag) => {
    expect(registryOf(image)).toBe(registry);
    expect(tagOf(image)).toBe(tag);
  });

  it("has a main registry only where nearly all images come from it", () => {
    const of = (a: number, b: number) =>
      mainRegistry([...Array(a).fill("a.example.test/x:1"), ...Array(b).fill("b.example.test/x:1")]);
    expect([of(4, 1), of(3, 1), of(0, 0)]).toEqual(["a.example.test", null, null]);
  });
});

describe("peers and mirrors", () => {
  const own = "http://127.0.0.1:65001";
  it("waits for a second refusal", () => {
    expect(problemsOf(p2pDaemonDown, dist({ p2p: p2p({ endpoint: reach(own, 1) }) }))).toEqual([]);
    expect(problemsOf(p2pDaemonDown, dist({ p2p: p2p({ endpoint: reach(own, 2) }) })).map((p) => p.params)).toEqual([
      { module: "dfdaemon" },
    ]);
  });
  it("cannot say without process and port", () =>
    expect(unknownOf(p2pDaemonDown, dist({ p2p: p2p({ isRunning: null }) }))).toContain("neither"));
  it("tells of the daemon's own port once", () => {
    const facts = dist({
      p2p: p2p({ endpoint: reach(own, 9) }),
      mirrors: [{ registry: "docker.io", source: "f", reach: reach(own, 9) }],
    });
    expect(problemsOf(registryMirrorDown, facts)).toEqual([]);
  });
  it("gives nodes that lost the same seed or mirror the same cause", () => {
    expect(
      problemsOf(p2pSeedMissing, dist({ p2p: p2p({ seeds: [reach("http://s.example.test", 3)] }) }))[0]?.causeKey,
    ).toBe("p2p:http://s.example.test");
    const mirrors = ["a", "b"].map((registry) => ({
      registry,
      source: "f",
      reach: reach("https://m.example.test/v2", 3),
    }));
    expect(problemsOf(registryMirrorDown, dist({ mirrors })).map((p) => p.causeKey)).toEqual([
      "registry:m.example.test",
    ]);
  });
});

describe("pulls", () => {
  const calls = (over: object) => ({ ...base.startup, interfaces: [aCall("ImageService/PullImage", over)] });
  it.each([
    ["usual", { latencyMs: 29_000, usualLatencyMs: 1_000 }, 0],
    ["three times as long", { latencyMs: 30_000, usualLatencyMs: 10_000 }, 1],
    ["less than that", { latencyMs: 30_000, usualLatencyMs: 10_001 }, 0],
    ["nothing is usual yet", { latencyMs: 90_000, usualLatencyMs: 1_000, windows: 19 }, 0],
    ["no time known", { latencyMs: null }, 0],
  ])("%s", (_name, over, count) =>
    expect(problemsOf(imagePullSlow, nodeFacts({ startup: calls(over) })).length).toBe(count),
  );

  it("names the registry as the cause only where there is one", () => {
    const failing = calls({ successRatio: 0.2 });
    const from = (image: string) => nodeFacts({ startup: failing, containers: [aContainer({ image })] });
    expect(problemsOf(imagePullFailing, from("r.example.test/a:1"))[0]?.causeKey).toBe("registry:r.example.test");
    expect(problemsOf(imagePullFailing, from("localhost/a:1"))[0]).not.toHaveProperty("causeKey");
  });
});

describe("starts", () => {
  const starts = (objectiveMs: number | null, ...list: FactData["startup"]["starts"]) =>
    nodeFacts({ startup: { ...base.startup, objectiveMs, starts: list } });
  const slow = ["a", "b", "c"].map((w) => aStart(w, 9_000, 8_000));
  const fast = ["d", "e", "f", "g"].map((w) => aStart(w, 900, 0));
  it("names the slowest stage", () =>
    expect(problemsOf(startObjectiveMissed, starts(5_000, ...slow))[0]?.params).toEqual({ stage: "pullMs" }));
  it("says nothing without an objective", () =>
    expect(problemsOf(startObjectiveMissed, starts(null, ...slow))).toEqual([]));
  it("says nothing while most starts are fast", () =>
    expect(problemsOf(startObjectiveMissed, starts(5_000, ...slow, ...fast))).toEqual([]));
  it("says so when no stage is known", () => {
    const blind = slow.map((s) => ({ ...s, sandboxMs: null, pullMs: null, startMs: null }));
    expect(problemsOf(startObjectiveMissed, starts(5_000, ...blind))[0]?.reason).toBe("SlowStart");
  });
});

it("compares only calls that are the runtime's own and have a past", () => {
  const list = [
    aCall("RuntimeService/CreateContainer"),
    aCall("RuntimeService/StopContainer"),
    aCall("RuntimeService/ExecSync"),
    aCall("ImageService/PullImage"),
    aCall("container/create"),
    aCall("container/stop"),
    aCall("RuntimeService/RunPodSandbox", { windows: 19 }),
    aCall("RuntimeService/ListContainers", { calls: 4 }),
  ];
  expect(comparable(list).map((c) => c.interface)).toEqual(["RuntimeService/CreateContainer", "container/create"]);
});

it("waits for a second look at major faults", () => {
  const device = {
    name: "dev_1",
    containerId: null,
    state: "remote" as const,
    since: NOW,
    isOld: false,
    ioErrors: 0,
    error: null,
  };
  const onDemand = { module: null, isRunning: null, devices: [device], backends: [] };
  expect(unknownOf(onDemandPageCacheLoss, dist({ majorFaultsPerMinute: null, onDemand }))).toContain("two looks");
});
