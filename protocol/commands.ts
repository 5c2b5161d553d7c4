// The closed catalogue of what an agent can be told to do. A command names its target exactly (pid + start time, id, hash), so that the agent
// proves on the spot that the target is still the one that the plan was made for.
import { z } from "zod";
import { ProcessRef } from "./facts.ts";

const ContainerId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{1,127}$/);
const AbsolutePath = z
  .string()
  .regex(/^\/[^\0]*$/)
  .refine((p) => !p.split("/").includes(".."), "no .. in paths");

/** What evidence.capture can collect; each is bounded in time and size. */
export const EvidenceSection = z.enum([
  "goroutines",
  "process-stack",
  "module-log",
  "kmsg",
  "mounts",
  "pressure",
  "processes",
  "open-files",
  "network",
  "conntrack",
  "cni",
  "disk",
  "lxcfs",
  "containers",
]);
export type EvidenceSection = z.infer<typeof EvidenceSection>;

export const commandParams = {
  /** Reads only. Output: {sections: [{section, title, text, truncated, error}]}. */
  "evidence.capture": z.object({
    sections: z.array(EvidenceSection).min(1),
    module: z.string().optional(),
    process: ProcessRef.optional(),
    containerId: ContainerId.optional(),
    path: AbsolutePath.optional(),
  }),
  /** start: only when it does not run. restart: asks it to end, then starts. kill-restart: SIGKILL of exactly `process`, then start. */
  "module.restart": z.object({
    module: z.string(),
    mode: z.enum(["start", "restart", "kill-restart"]),
    process: ProcessRef.nullable(),
    readyTimeoutMs: z.number().int().min(1_000).max(120_000).default(30_000),
  }),
  /** Ends a shim after proving that no container, pod or task of that id exists in the runtime and that it has no live child. */
  "shim.reap": z.object({
    process: ProcessRef,
    containerId: ContainerId,
    namespace: z.string().nullable(),
    runtime: z.string(),
  }),
  /** Ends processes of a container that the runtime no longer knows, after proving that; TERM, grace, KILL; removes the empty cgroup. */
  "container.end-lost": z.object({
    containerId: ContainerId,
    cgroupPath: z.string(),
    processes: z.array(ProcessRef).min(1),
    graceMs: z.number().int().min(0).max(60_000).default(5_000),
  }),
  /** Restarts one container through its runtime (CRI: stop; recreate with attempt + 1 only where no kubelet does). */
  "container.restart": z.object({
    runtime: z.string(),
    containerId: ContainerId,
    graceMs: z.number().int().min(0).max(60_000).default(5_000),
  }),
  /** Removes exactly these exited containers and unused images; each is looked at again before. */
  "runtime.prune": z.object({ runtime: z.string(), containers: z.array(ContainerId), images: z.array(z.string()) }),
  /** Detaches the dead mount, starts lxcfs, re-binds its files in the named containers. */
  "lxcfs.reattach": z.object({ mountPoint: AbsolutePath, module: z.string(), containers: z.array(ContainerId) }),
  /** Renames a network interface and takes the stale udev claim out of the named file (a copy is kept for undo). */
  "nic.rename": z.object({
    index: z.number().int().positive(),
    mac: z.string(),
    from: z.string(),
    to: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/),
    claim: z.object({ file: AbsolutePath, mac: z.string(), name: z.string() }).nullable(),
  }),
  /** Lazily unmounts exactly this mount of a container that is gone; deletes nothing below it. */
  "mount.detach": z.object({
    mountPoint: AbsolutePath,
    type: z.string(),
    source: z.string(),
    containerId: ContainerId,
  }),
  /** Puts back the agent's last good copy of a CNI file; refuses when the file changed since the plan. */
  "cni.restore": z.object({
    file: z.string().regex(/^[^/\0]+$/),
    currentSha256: z.string().nullable(),
    goodSha256: z.string(),
  }),
  /** Sets one sysctl when it still has the expected value. Output: {before, after}. */
  "sysctl.set": z.object({ key: z.string().regex(/^[a-z0-9_.-]+$/), expected: z.string(), value: z.string() }),
  /** Drops conntrack entries that never saw an answer or are closed; live connections stay. Output: {before, after}. */
  "conntrack.flush": z.object({ which: z.array(z.enum(["unreplied", "closed"])).min(1) }),
  /** Asks a parent that does not reap with SIGCHLD. Output: {before, after}. */
  "process.nudge": z.object({ process: ProcessRef }),
} as const;

export type CommandType = keyof typeof commandParams;
export const commandTypes = Object.keys(commandParams) as [CommandType, ...CommandType[]];
export const CommandType = z.enum(commandTypes);

export type CommandParams<T extends CommandType> = z.input<(typeof commandParams)[T]>;
/** A step of a plan: what, and with which parameters. */
export type CommandAction = { [T in CommandType]: { type: T; params: CommandParams<T> } }[CommandType];

/** Parses an action of any type. @throws ZodError naming the parameter. */
export const CommandAction = z
  .object({ type: CommandType, params: z.record(z.string(), z.unknown()) })
  .transform(({ type, params }, ctx): CommandAction => {
    const parsed = commandParams[type].safeParse(params);
    if (parsed.success) return { type, params: parsed.data } as CommandAction; // the schema is the one of `type`
    for (const issue of parsed.error.issues)
      ctx.addIssue({ code: "custom", path: ["params", ...issue.path], message: issue.message });
    return z.NEVER;
  });

/** What is signed, as JSON bytes. One node, one plan, one generation, one use, one expiry. */
export const CommandPayload = z.object({
  id: z.uuid(),
  nodeId: z.uuid(),
  repairId: z.uuid().nullable(),
  planHash: z.string(),
  /** Monotone per node; the agent refuses one that is lower than it has executed. */
  generation: z.number().int().positive(),
  nonce: z.string(),
  issuedAt: z.number(),
  expiresAt: z.number(),
  action: CommandAction,
});
export type CommandPayload = z.infer<typeof CommandPayload>;

export const SignedCommand = z.object({
  payload: z.instanceof(Uint8Array),
  keyId: z.string(),
  signature: z.instanceof(Uint8Array),
});
export type SignedCommand = z.infer<typeof SignedCommand>;

/**
 * done: carried out and true on the node; refused: the agent found that it must not (nothing was touched); failed: tried, did not work;
 * unknown: the agent died in between and cannot say – the repair goes on to verify, it is never run again.
 */
export const CommandResult = z.object({
  commandId: z.uuid(),
  status: z.enum(["done", "refused", "failed", "unknown"]),
  /** Machine-readable reason for all but done, e.g. "expired", "bad-signature", "target-changed", "not-an-orphan", "policy". */
  code: z.string().nullable(),
  message: z.string(),
  /** Whether anything on the node was changed. */
  changed: z.boolean(),
  output: z.record(z.string(), z.unknown()),
  startedAt: z.number(),
  endedAt: z.number(),
});
export type CommandResult = z.infer<typeof CommandResult>;
