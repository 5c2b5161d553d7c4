// Facts of how images reach the node: mirrors, peers, on-demand layers, start stages, layers, quotas.
import { z } from "zod";
import { Bytes, Count, Instant } from "./facts-base.ts";

/** A small question to an address and what came back; looked at every 30 s. */
const Reach = z.object({
  address: z.string(),
  /** Null when it was not asked (not on this node, or not a plain address). */
  ok: z.boolean().nullable(),
  error: z.string().nullable(),
  failingSince: Instant.nullable(),
  failures: Count,
});

export const DistributionFact = z.object({
  /** Mirrors that runtimes are told to use, at most 50; those on the node itself are asked, others only by a TCP connection. */
  mirrors: z.array(z.object({ registry: z.string(), source: z.string(), reach: Reach })),
  /** Peer-to-peer distribution (Dragonfly); null where nothing on the node speaks of it. */
  p2p: z
    .object({
      /** Module that runs the daemon, when the agent knows it. */
      module: z.string().nullable(),
      /** A mirror or the agent's configuration points at it, or its module is configured or has run here. */
      isWanted: z.boolean(),
      /** Process there; null when no module is known. */
      isRunning: z.boolean().nullable(),
      endpoint: Reach.nullable(),
      seeds: z.array(Reach),
      /** Growth over the window, from the daemon's metrics; null when it shows none. */
      bytesFromPeers: Bytes.nullable(),
      bytesFromOrigin: Bytes.nullable(),
      windowMs: z.number().nullable(),
    })
    .nullable(),
  /** Images that are read on demand (overlaybd/DADI through TCMU); null where the node has none of it. */
  onDemand: z
    .object({
      module: z.string().nullable(),
      isRunning: z.boolean().nullable(),
      /** At most 500. */
      devices: z.array(
        z.object({
          name: z.string(),
          containerId: z.string().nullable(),
          /** local: every layer is on this node; remote: reads may still go out; unknown: nobody says. */
          state: z.enum(["local", "remote", "unknown"]),
          since: Instant,
          /** Ten minutes and more. */
          isOld: z.boolean(),
          ioErrors: Count,
          error: z.string().nullable(),
        }),
      ),
      backends: z.array(Reach),
    })
    .nullable(),
  /** Major page faults of the node a minute (/proc/vmstat pgmajfault), over the window; null at the first look. */
  majorFaultsPerMinute: z.number().nullable(),
  /** Registries that images may come from, by the agent's configuration; null when it says nothing. */
  allowedRegistries: z.array(z.string()).nullable(),
  /** Images that the agent's configuration wants ready here before anything starts. */
  wantedImages: z.array(z.object({ image: z.string(), isPresent: z.boolean().nullable() })),
});

/** Milliseconds of one stage; null when nothing tells it. */
const Stage = z.number().nonnegative().nullable();

/** How long starts took, by stage. */
export const StartupFact = z.object({
  /** From the agent's configuration; null when it says nothing. */
  objectiveMs: z.number().nullable(),
  /** First starts of the last half hour, newest first, at most 50. */
  starts: z.array(
    z.object({
      containerId: z.string(),
      podId: z.string().nullable(),
      name: z.string(),
      image: z.string(),
      startedAt: Instant,
      totalMs: z.number(),
      /** Sandbox with its network: the runtime's own figure for that time. */
      sandboxMs: Stage,
      /** What passed between sandbox and container while the runtime pulled. */
      pullMs: Stage,
      /** Container made (snapshot, spec) until it ran. */
      startMs: Stage,
    }),
  ),
  /** The runtime's calls in the last window with some, beside what they were before (medians of up to 120 earlier windows). */
  interfaces: z.array(
    z.object({
      runtime: z.string(),
      interface: z.string(),
      calls: Count,
      successRatio: z.number(),
      latencyMs: z.number().nullable(),
      /** Earlier windows that were counted; below 20 nothing is usual yet. */
      windows: Count,
      usualSuccessRatio: z.number().nullable(),
      usualLatencyMs: z.number().nullable(),
    }),
  ),
});

/** Layers of images with a name, at most 200 images; those whose store could not be read are left out. */
export const ImageLayersFact = z.array(
  z.object({
    id: z.string(),
    runtime: z.string(),
    repository: z.string(),
    tag: z.string(),
    /** From the base up: first 16 hex digits of the digest, and its size (compressed where that is all the store tells). */
    layers: z.array(z.object({ digest: z.string(), bytes: Bytes })),
  }),
);

export const distributionFacts = {
  distribution: DistributionFact,
  startup: StartupFact,
  imageLayers: ImageLayersFact,
} as const;
