// What the agent can ask of any container runtime. One implementation per protocol: cri.ts and docker.ts. Every call has a deadline of its own
// and throws on failure; callers decide what a failure means.
import type { ContainerFact, FactData } from "../../protocol/facts.ts";

/** Where a runtime listens and what belongs to it. */
export type RuntimeSpec = {
  /** Stable on the node, e.g. "containerd". */
  id: string;
  kind: "cri" | "docker";
  /** unix:///path */
  endpoint: string;
  /** Module that runs it. */
  module: string | null;
  /** Its Prometheus page. */
  metricsUrl: string | null;
  /** Unix socket with Go's /debug/pprof. */
  debugSocket: string | null;
};

export type RuntimeVersion = { name: string; version: string; apiVersion: string | null };

export type RuntimeDetails = {
  handlers: string[];
  rootDir: string | null;
  conditions: FactData["runtimes"][number]["conditions"];
  cni: { confDir: string; binDirs: string[] } | null;
};

export type PodFact = FactData["pods"][number];
/** An image without the count of its users, which needs the containers. */
export type ImageInfo = Omit<FactData["images"][number], "usedBy"> & { digests: string[] };

export interface Runtime {
  readonly spec: RuntimeSpec;
  /** The small question by which a runtime is known to answer; deadline 2 s. */
  version(): Promise<RuntimeVersion>;
  details(): Promise<RuntimeDetails>;
  containers(): Promise<ContainerFact[]>;
  /** Empty where the runtime knows no pods. */
  pods(): Promise<PodFact[]>;
  images(): Promise<ImageInfo[]>;
  /** Ids that this runtime holds below its pods and containers (containerd: records and tasks of a namespace); empty where there is no such layer. */
  tasks(namespace: string): Promise<Set<string>>;
  /** Bytes in the writable layer by container id, where the runtime counts them. */
  writableBytes(): Promise<Map<string, number>>;
  /** Asks the container to end, SIGKILL after `graceMs`. */
  stopContainer(id: string, graceMs: number): Promise<void>;
  /**
   * Makes ready to bring a container back after it was stopped: whatever could speak against it is found now, before anything is touched.
   * @returns what does it and gives the id of the running container: CRI makes a new one with the next attempt number, Docker starts the same
   * @throws Refusal when it could not be made as it was
   */
  prepareRevival(id: string): Promise<() => Promise<string>>;
  /** Stops and starts the container in one go, where the runtime has a call for that; gives the id of the running one. */
  restartContainer?(id: string, graceMs: number): Promise<string>;
  /** Whether a layer below says that a container that is listed as running was paused on purpose (containerd's tasks); absent where none could. */
  isPaused?(id: string): Promise<boolean>;
  removeContainer(id: string): Promise<void>;
  /** Stops and removes a pod with what is left in it. @throws where the runtime knows no pods */
  removePod(id: string): Promise<void>;
  /** Paths of the network namespaces that its pods were given, those of stopped pods included. */
  podNamespaces(): Promise<Set<string>>;
  /** Where the container's output is written to; null when it is not known or goes elsewhere. */
  logPath(id: string): Promise<string | null>;
  removeImage(id: string): Promise<void>;
  /** Fetches an image by name with tag or digest, without credentials of its own. @throws when it is not there after `deadlineMs`, or given up by `signal` */
  pullImage(image: string, deadlineMs: number, signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** Path of a unix endpoint. */
export const socketPath = (endpoint: string): string => endpoint.replace(/^unix:\/\//, "");

/** Deadlines of runtime calls, ms: a probe is short so that a hung runtime is noticed, changes get time. */
export const deadlines = { probe: 2_000, list: 5_000, change: 60_000 } as const;
