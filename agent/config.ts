// The node's own say: /etc/nodeops/agent.json names modules, runtimes and what the agent may do here. Everything is optional; whatever the
// console asks, this file decides.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { CommandType } from "../protocol/commands.ts";
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
