// Facts of a healthy way of images to the node. What faults look like stands in faults-image.ts.
import type { FactData } from "../protocol/facts.ts";

const NOW = Date.UTC(2026, 2, 1, 12, 0, 0);
const MIB = 1024 ** 2;

/** A call of the runtime with a long past. */
export const aCall = (
  name: string,
  over: Partial<FactData["startup"]["interfaces"][number]> = {},
): FactData["startup"]["interfaces"][number] => ({
  runtime: "containerd",
  interface: name,
  calls: 10,
  successRatio: 1,
  latencyMs: 200,
  windows: 60,
  usualSuccessRatio: 1,
  usualLatencyMs: 200,
  ...over,
});

/** A start of `totalMs` that waited `pullMs` for its image. */
export const aStart = (
  word: string,
  totalMs: number,
  pullMs: number | null,
): FactData["startup"]["starts"][number] => ({
  containerId: Buffer.from(word).toString("hex").padEnd(64, "0"),
  podId: null,
  name: word,
  image: "local/app:1",
  startedAt: NOW - 300_000,
  totalMs,
  sandboxMs: 300,
  pullMs,
  startMs: 400,
});

/** This part of a healthy node's facts. */
export const healthyImage = () =>
  ({
    distribution: {
      mirrors: [],
      p2p: null,
      onDemand: null,
      majorFaultsPerMinute: 20,
      allowedRegistries: null,
      wantedImages: [],
    },
    startup: {
      objectiveMs: null,
      starts: [aStart("web", 900, 0)],
      interfaces: [
        aCall("RuntimeService/RunPodSandbox"),
        aCall("ImageService/PullImage", { latencyMs: 8_000, usualLatencyMs: 8_000 }),
      ],
    },
    imageLayers: [
      {
        id: "sha256:1",
        runtime: "containerd",
        repository: "local/app",
        tag: "1",
        layers: [
          { digest: "aaaaaaaaaaaaaaaa", bytes: 80 * MIB },
          { digest: "bbbbbbbbbbbbbbbb", bytes: 20 * MIB },
        ],
      },
    ],
  }) satisfies Partial<FactData>;
