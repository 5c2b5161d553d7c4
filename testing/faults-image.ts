// What faults of images look like in the facts of an otherwise healthy node, and what looks a little like one.
import type { FactData, Facts } from "../protocol/facts.ts";
import { aContainer, aModule, anImage, healthyData, NOW, nodeFacts } from "./facts.ts";
import { aCall, aStart, healthyImage } from "./facts-image.ts";
import { bad, type Case, type FaultFixture, near } from "./fixture-words.ts";

type Distribution = FactData["distribution"];
type Reach = Distribution["mirrors"][number]["reach"];
type P2p = NonNullable<Distribution["p2p"]>;
type OnDemand = NonNullable<Distribution["onDemand"]>;

const base: Pick<FactData, "distribution" | "startup" | "imageLayers"> = healthyImage();
const { resources, modules } = healthyData();
const GB = 1_000_000_000;

const there = (address: string): Reach => ({ address, ok: true, error: null, failingSince: null, failures: 0 });
const away = (address: string, failures = 5): Reach => ({
  address,
  ok: false,
  error: "ECONNREFUSED",
  failingSince: NOW - 60_000,
  failures,
});
const OWN = "http://127.0.0.1:65001";
const MIRROR = "https://mirror.example.test";
const SEED = "http://seed.example.test:8002";

const dist = (over: Partial<Distribution>): Facts => nodeFacts({ distribution: { ...base.distribution, ...over } });
const p2p = (over: Partial<P2p> = {}): P2p => ({
  module: "dfdaemon",
  isWanted: true,
  isRunning: true,
  endpoint: there(OWN),
  seeds: [],
  bytesFromPeers: null,
  bytesFromOrigin: null,
  windowMs: null,
  ...over,
});
const device = (over: Partial<OnDemand["devices"][number]> = {}): OnDemand["devices"][number] => ({
  name: "dev_7",
  containerId: null,
  state: "local",
  since: NOW - 3_600_000,
  isOld: true,
  ioErrors: 0,
  error: null,
  ...over,
});
const onDemand = (over: Partial<OnDemand> = {}): OnDemand => ({
  module: "overlaybd-tcmu",
  isRunning: true,
  devices: [device()],
  backends: [],
  ...over,
});
/** The same facts with a module that has stopped. */
const stopped = (name: string, kind: "dragonfly" | "overlaybd", facts: Facts): Facts => ({
  ...facts,
  modules: {
    data: [...modules, aModule({ name, kind, state: "stopped", process: null, processState: null, startedAt: null })],
    at: NOW,
    error: null,
  },
});
const startup = (over: Partial<FactData["startup"]>): Facts => nodeFacts({ startup: { ...base.startup, ...over } });
const calls = (name: string, over: Parameters<typeof aCall>[1]): Facts => startup({ interfaces: [aCall(name, over)] });
const version = (tag: string, digests: readonly string[]): FactData["imageLayers"][number] => ({
  id: `sha256:${tag}`,
  runtime: "containerd",
  repository: "local/app",
  tag,
  layers: digests.map((digest) => ({ digest, bytes: 0.4 * GB })),
});
const tight = { ...resources, memoryUsedRatio: 0.97 };
const foreign = aContainer({ image: "registry.example.test/team/app:3" });

/** Check id → its bad fixtures. */
export const imageFaults = {
  "p2p-daemon-down": [
    bad(
      "its process is gone",
      stopped("dfdaemon", "dragonfly", dist({ p2p: p2p({ isRunning: false, endpoint: away(OWN) }) })),
      "dfdaemon",
      "ProcessGone",
    ),
    bad("it runs and does not listen", dist({ p2p: p2p({ endpoint: away(OWN) }) }), "dfdaemon", "PortRefuses"),
    bad(
      "a mirror points at it and nobody is there",
      dist({
        p2p: p2p({ module: null, isRunning: null, endpoint: away(OWN) }),
        mirrors: [{ registry: "docker.io", source: "hosts.toml", reach: away(OWN) }],
      }),
      "p2p",
      "PortRefuses",
    ),
  ],
  "p2p-seed-missing": [
    bad("the only seed is away", dist({ p2p: p2p({ seeds: [away(SEED)] }) }), SEED, "SeedUnreachable"),
  ],
  "registry-mirror-down": [
    bad(
      "refused",
      dist({ mirrors: [{ registry: "docker.io", source: "/etc/docker/daemon.json", reach: away(MIRROR) }] }),
      MIRROR,
      "MirrorUnreachable",
    ),
  ],
  "on-demand-backend-down": [
    bad(
      "its daemon is gone",
      stopped("overlaybd-tcmu", "overlaybd", dist({ onDemand: onDemand({ isRunning: false }) })),
      "overlaybd-tcmu",
      "DaemonGone",
    ),
    bad(
      "a device fails",
      dist({ onDemand: onDemand({ devices: [device({ ioErrors: 40 })] }) }),
      "dev_7",
      "DeviceFails",
    ),
    bad(
      "its source is away",
      dist({ onDemand: onDemand({ devices: [device({ state: "remote", isOld: false })], backends: [away(MIRROR)] }) }),
      MIRROR,
      "SourceUnreachable",
    ),
  ],
  "on-demand-image-incomplete": [
    bad(
      "the background copy stalls",
      dist({ onDemand: onDemand({ devices: [device({ state: "remote" })] }) }),
      "overlaybd-tcmu",
      "BackgroundCopyUnfinished",
    ),
  ],
  "on-demand-page-cache-loss": [
    bad(
      "memory is tight and programs are read again",
      nodeFacts({
        distribution: {
          ...base.distribution,
          majorFaultsPerMinute: 9_000,
          onDemand: onDemand({ devices: [device({ state: "remote", isOld: false })] }),
        },
        resources: tight,
      }),
      "page-cache",
      "RemoteReadsByReclaim",
    ),
  ],
  "image-pull-slow": [
    bad(
      "five times as long as usual",
      calls("ImageService/PullImage", { latencyMs: 50_000, usualLatencyMs: 10_000 }),
      "containerd",
      "PullSlow",
    ),
    bad(
      "longer than anybody waits",
      calls("ImageService/PullImage", { latencyMs: 300_000, windows: 0, usualLatencyMs: null }),
      "containerd",
      "PullSlow",
    ),
  ],
  "image-pull-failing": [
    bad("nine of ten fail", calls("ImageService/PullImage", { successRatio: 0.1 }), "containerd", "PullFails"),
  ],
  "image-pulled-whole": [
    bad(
      "three starts",
      startup({ starts: ["a", "b", "c"].map((w) => aStart(w, 40_000, 37_000)) }),
      "starts",
      "PullDominates",
    ),
  ],
  "image-not-prewarmed": [
    bad(
      "announced and absent",
      dist({ wantedImages: [{ image: "local/next:2", isPresent: false }] }),
      "local/next:2",
      "ImageAbsent",
    ),
  ],
  "image-layers-unshared": [
    bad(
      "the base differs in each",
      nodeFacts({ imageLayers: [version("1", ["a1", "a2"]), version("2", ["b1", "b2"])] }),
      "local/app",
      "LittleShared",
    ),
  ],
  "image-untagged": [
    bad("latest", nodeFacts({ containers: [aContainer({ image: "local/app:latest" })] }), "containers", "NoVersion"),
    bad(
      "no tag at all",
      nodeFacts({ containers: [aContainer({ image: "localhost:5000/app" })] }),
      "containers",
      "NoVersion",
    ),
  ],
  "image-unused-large": [
    bad(
      "200 GB that nobody uses",
      nodeFacts({ images: [anImage("old", { sizeBytes: 200 * GB })] }),
      "images",
      "UnusedImages",
    ),
  ],
  "image-registry-not-allowed": [
    bad(
      "from elsewhere",
      nodeFacts({
        distribution: { ...base.distribution, allowedRegistries: ["corp.example.test"] },
        containers: [foreign],
      }),
      "registry.example.test",
      "RegistryNotAllowed",
    ),
  ],
  "start-objective-missed": [
    bad(
      "the start itself is slow",
      startup({
        objectiveMs: 5_000,
        starts: ["a", "b", "c"].map((w) => ({ ...aStart(w, 9_000, 500), startMs: 8_000 })),
      }),
      "starts",
      "SlowStage",
    ),
  ],
  "runtime-interface-slow": [
    bad(
      "sandboxes take six times as long",
      calls("RuntimeService/RunPodSandbox", { latencyMs: 6_000, usualLatencyMs: 1_000 }),
      "containerd",
      "LatencyRose",
    ),
  ],
  "runtime-interface-failing": [
    bad("creates fail", calls("RuntimeService/CreateContainer", { successRatio: 0.4 }), "containerd", "SuccessFell"),
  ],
} satisfies Record<string, FaultFixture[]>;

/** Healthy readings that look a little like a fault. */
export const imageNearMisses: Case[] = [
  near("the peer-to-peer daemon was restarted", dist({ p2p: p2p({ endpoint: away(OWN, 1) }) })),
  near(
    "a peer-to-peer module that nobody wants here",
    dist({ p2p: p2p({ isWanted: false, isRunning: false, endpoint: null }) }),
  ),
  near("one of two seeds is away", dist({ p2p: p2p({ seeds: [away(SEED), there("http://seed-2.example.test")] }) })),
  near(
    "a mirror refused twice",
    dist({ mirrors: [{ registry: "docker.io", source: "hosts.toml", reach: away(MIRROR, 2) }] }),
  ),
  near(
    "an on-demand image is being completed",
    dist({ onDemand: onDemand({ devices: [device({ state: "remote", isOld: false })] }) }),
  ),
  near(
    "a disk counted twice while it was attached",
    dist({ onDemand: onDemand({ devices: [device({ ioErrors: 2 })] }) }),
  ),
  near("the source is away and every image is complete", dist({ onDemand: onDemand({ backends: [away(MIRROR)] }) })),
  near("the daemon ended and no image needs it", dist({ onDemand: onDemand({ isRunning: false, devices: [] }) })),
  near(
    "a compiler faults a lot, no image is remote",
    nodeFacts({ distribution: { ...base.distribution, majorFaultsPerMinute: 90_000 } }),
  ),
  near(
    "a large image takes a minute as always",
    calls("ImageService/PullImage", { latencyMs: 60_000, usualLatencyMs: 55_000 }),
  ),
  near("one pull of two failed", calls("ImageService/PullImage", { calls: 2, successRatio: 0 })),
  near(
    "stops take as long as a grace period",
    calls("RuntimeService/StopContainer", { latencyMs: 30_000, usualLatencyMs: 200 }),
  ),
  near(
    "a call that is slow and young",
    calls("RuntimeService/RunPodSandbox", { latencyMs: 9_000, usualLatencyMs: 100, windows: 3 }),
  ),
  near("two slow starts", startup({ objectiveMs: 5_000, starts: ["a", "b"].map((w) => aStart(w, 90_000, 500)) })),
  near("three pulls of small images", startup({ starts: ["a", "b", "c"].map((w) => aStart(w, 4_000, 3_900)) })),
  near(
    "versions share their base",
    nodeFacts({ imageLayers: [version("1", ["base", "a"]), version("2", ["base", "b"])] }),
  ),
  near("an image by digest", nodeFacts({ containers: [aContainer({ image: `local/app@sha256:${"a".repeat(64)}` })] })),
  near(
    "a stopped container from latest",
    nodeFacts({
      containers: [
        aContainer(),
        aContainer({
          id: "b".repeat(64),
          image: "x/y:latest",
          state: "exited",
          pid: null,
          finishedAt: NOW - 1_000,
          exitCode: 0,
        }),
      ],
    }),
  ),
  near(
    "an allowed registry's own subdomain",
    nodeFacts({ distribution: { ...base.distribution, allowedRegistries: ["example.test"] }, containers: [foreign] }),
  ),
];
