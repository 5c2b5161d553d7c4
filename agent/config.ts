// The node's own say: /etc/nodeops/agent.json names modules, runtimes and what the agent may do here. Everything is optional; whatever the
// console asks, this file decides.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { CommandType } from "../protocol/commands.ts";
import { FactKind } from "../protocol/facts.ts";
import { PackageName } from "../protocol/packages.ts";
import { codeOf, messageOf } from "./host/errors.ts";

export const DEFAULT_CONFIG = "/etc/nodeops/agent.json";
export const DEFAULT_STATE = "/var/lib/nodeops-agent";

const AbsolutePath = z.string().startsWith("/");

/** How a module is started and stopped. `exec`: an argument list that starts it and returns or stays; `pidFile` names its process. */
export const ManagerConfig = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("exec"), start: z.array(z.string()).min(1), pidFile: AbsolutePath.optional() }),
  z.strictObject({ type: z.literal("systemd"), unit: z.string() }),
  z.strictObject({ type: z.literal("runit"), service: z.string() }),
]);
export type ManagerConfig = z.infer<typeof ManagerConfig>;

export const ModuleKind = z.enum([
  "runtime",
  "lxcfs",
  "cni",
  "dragonfly",
  "overlaybd",
  "agent",
  "kubelet",
  "logging",
  "other",
]);
export type ModuleKind = z.infer<typeof ModuleKind>;

export const AgentConfig = z.strictObject({
  modules: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/),
        kind: ModuleKind.default("other"),
        manager: ManagerConfig.optional(),
        /** comm of its main process; the module's name unless told. */
        process: z.string().optional(),
        /** The module's log file, where it is not the journal. */
        log: AbsolutePath.optional(),
      }),
    )
    .default([]),
  runtimes: z
    .array(
      z.strictObject({
        kind: z.enum(["cri", "docker"]),
        endpoint: z.string().startsWith("unix:///"),
        id: z.string().optional(),
        module: z.string().optional(),
        metricsUrl: z.url().optional(),
        debugSocket: AbsolutePath.optional(),
      }),
    )
    .default([]),
  /** Looks for runtimes at their usual sockets besides those named above. */
  autodetect: z.boolean().default(true),
  /** What the node must be able to reach: asked twice a minute; any answer below 500 is one (a registry says 401). tcp://host:port only connects. */
  endpoints: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/),
        url: z.url({ protocol: /^(https?|tcp)$/ }),
        /** local: a module of this node that must answer with a success. */
        scope: z.enum(["local", "egress"]).default("egress"),
      }),
    )
    .max(20)
    .default([]),
  /** Names that must resolve through the node's own servers. */
  dnsNames: z.array(z.string().min(1).max(253)).max(10).default([]),
  /** Certificates (PEM) to watch besides those of the kubelet. */
  certificates: z.array(AbsolutePath).max(50).default([]),
  /** Kernel modules that this node needs. */
  kernelModules: z
    .array(z.string().regex(/^[a-z0-9_-]{1,55}$/))
    .max(50)
    .default([]),
  /** How many GPUs the node must have. */
  gpus: z.strictObject({ expected: z.number().int().min(0).max(64) }).optional(),
  /** What the network is meant to be where no file of the system says so. */
  network: z
    .strictObject({
      /** Device → rp_filter that its traffic needs (several addresses, asymmetric paths). */
      rpFilter: z
        .record(z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,14}$/), z.number().int().min(0).max(2))
        .default({}),
    })
    .default({ rpFilter: {} }),
  /** Cards and who they are for: "host", or the name of a pod or container. */
  cards: z.array(z.strictObject({ mac: z.string(), wantedBy: z.string() })).default([]),
  /** Peer-to-peer image distribution: where its daemon listens, its metrics, and its seeds. */
  p2p: z
    .strictObject({ endpoint: z.url(), metricsUrl: z.url().optional(), seeds: z.array(z.url()).default([]) })
    .optional(),
  /** Where images may come from, which must be ready here, how fast a container must start, and what on-demand images are read from. */
  images: z
    .strictObject({
      registries: z.array(z.string()).optional(),
      wanted: z.array(z.string()).default([]),
      startObjectiveMs: z.number().int().positive().optional(),
      backends: z.array(z.url()).default([]),
    })
    .default({ wanted: [], backends: [] }),
  /** What containers on this node are meant to be like, where nothing on the node says so. */
  workload: z
    .strictObject({
      /** Runtime handlers that must be usable here. */
      handlers: z.array(z.string()).default([]),
      /** Names of containers that stand beside an application for its operation. */
      opsContainers: z.array(z.string()).default([]),
      /** Agents that must run in containers: comm of the process, the label that chooses them (key or key=value; all unless told), the version. */
      opsAgents: z
        .array(
          z.strictObject({
            name: z.string(),
            process: z.string(),
            label: z.string().optional(),
            version: z.string().optional(),
            /** File in the container that holds its version. */
            versionFile: AbsolutePath.optional(),
          }),
        )
        .default([]),
      /** Folder in which start hooks leave one JSON record a run. */
      hookRecords: AbsolutePath.optional(),
      /** Containers with this label (key or key=value) shall see their own limits through lxcfs. */
      lxcfsLabel: z.string().optional(),
      /** Label that holds the serial number that a container shall see; the machine's own unless told. */
      serialLabel: z.string().optional(),
      /** Advice to owners of containers that is not given unless asked for. */
      advise: z.array(z.enum(["limits", "requests", "security"])).default([]),
    })
    .default({ handlers: [], opsContainers: [], opsAgents: [], advise: [] }),
  /**
   * How long something must have been frozen before a command may thaw it, ms. Snapshots and backups freeze for as long as they take: hooks of backup
   * tools for up to ten minutes, checkpoints of large memories for some.
   */
  thaw: z
    .strictObject({
      fileSystemAfterMs: z.number().int().min(5_000).max(86_400_000).default(900_000),
      containerAfterMs: z.number().int().min(5_000).max(86_400_000).default(600_000),
    })
    .default({ fileSystemAfterMs: 900_000, containerAfterMs: 600_000 }),
  /**
   * Where configuration files that commands may write lie on this node: folder or file of protocol/managed-files.ts → where it is here. Files below
   * /etc/nodeops/managed exist only where they are named.
   */
  managedFiles: z.record(AbsolutePath, AbsolutePath).default({}),
  /** Programs that hook descriptors may name besides those in the folders made for hooks. */
  hookPrograms: z.array(AbsolutePath).max(50).default([]),
  /** Packages of the distribution that commands may bring to another version; never the kernel, init, libc, ssh and their like (protocol/packages.ts). */
  managedPackages: z.array(PackageName).max(200).default([]),
  /** Whether time-boxed, recorded shells may be opened on this node at all; the console asks for signatures besides. */
  shells: z.strictObject({ allow: z.boolean().default(false) }).default({ allow: false }),
  /** How often the agent looks, by kind of fact, ms; never less often than it would by itself, or what it says would be too old. */
  looks: z.partialRecord(FactKind, z.number().int().min(5_000).max(300_000)).default({}),
  policy: z
    .strictObject({
      /** Only these commands; all unless told. */
      commands: z.array(CommandType).optional(),
      denyCommands: z.array(CommandType).default([]),
      /** Only these runtimes may be changed, by id. */
      runtimes: z.array(z.string()).optional(),
      /** Only below these folders may mounts be detached and files be put back. */
      paths: z.array(AbsolutePath).optional(),
    })
    .default({ denyCommands: [] }),
});
export type AgentConfig = z.infer<typeof AgentConfig>;

/** Parses the text of the file. @throws Error naming the field */
export function parseAgentConfig(text: string): AgentConfig {
  const parsed = AgentConfig.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`${issue?.path.join(".") || "file"}: ${issue?.message ?? "not understood"}`);
}

/** Reads the file; a missing one is an empty one. @throws Error when it is there and not understood: a policy must not be skipped */
export function loadAgentConfig(path: string): AgentConfig {
  try {
    return parseAgentConfig(readFileSync(path, "utf8"));
  } catch (err) {
    if (codeOf(err) === "ENOENT") return AgentConfig.parse({});
    throw new Error(`${path}: ${messageOf(err)}`);
  }
}
