// The closed catalogue of what an agent can be told to do. A command names its target exactly (pid + start time, id, hash), so that the agent
// proves on the spot that the target is still the one that the plan was made for. Every text has a shape and an end, every object is strict: what
// the dispatcher judges is to the byte what the agent reads.
import { z } from "zod";
import { canonicalJson } from "./canonical-json.ts";
import { SHELL_BYTES_MAX, SHELL_SECONDS_MAX, SHELL_SECONDS_MIN } from "./constants.ts";
import { contentError, MANAGED_BYTES_MAX, managedFormat } from "./managed-files.ts";
import { PackageName, PackageVersion } from "./packages.ts";
import { SETTABLE_SYSCTL, SYSCTL_NUMBERS, settingError } from "./sysctls.ts";

const ContainerId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{1,127}$/);
/** Containers or images of one command; as many as fit into a frame many times over. */
const LIST_MAX = 5_000;
/** PATH_MAX of Linux, with the end. */
const PATH_MAX = 4_095;
/** Absolute and normal: no empty, "." or ".." part, no "/" at the end, no control characters. */
const AbsolutePath = z
  .string()
  .max(PATH_MAX)
  .regex(/^\/([^\p{Cc}\p{Zl}\p{Zp}]*[^\p{Cc}\p{Zl}\p{Zp}/])?$/u)
  .refine((path) => path === "/" || path.split("/").every((part, i) => (i === 0) === (part === "") && !isDots(part)), {
    error: "not a normal path",
  });
const isDots = (part: string): boolean => part === "." || part === "..";
/** As an agent's configuration names modules. */
const ModuleName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/);
const RuntimeId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.@:-]{0,63}$/);
/** An image id, or name with tag or digest. */
const ImageRef = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,511}$/);
/** containerd's identifiers have at most 76 characters. */
const Namespace = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,75}$/);
/** Ethernet (6 bytes) or InfiniBand (20 bytes). */
const Mac = z.string().regex(/^[0-9A-Fa-f]{2}((:[0-9A-Fa-f]{2}){5}|(:[0-9A-Fa-f]{2}){19})$/);
/** IFNAMSIZ is 16 with the end. */
const InterfaceName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}$/);
/** Where naming rules of people lie; the distribution's own are nobody's to change. */
const RuleFile = z
  .string()
  .regex(/^\/(etc|run)\/(udev\/rules\.d|systemd\/network)\/[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}\.(rules|link)$/);
/** A name below /run/netns as runtimes give them (containerd cni-UUID, Podman netns-UUID, CRI-O UUID): a name that people gave is theirs to remove. */
export const NetnsName = z
  .string()
  .regex(/^((cni|netns|cnitool)-[0-9a-z-]{8,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12,64})$/);
/** One rule of a packet filter as `iptables -S CHAIN` prints it, without its leading "-A CHAIN". */
const FirewallRule = z.strictObject({
  family: z.enum(["ipv4", "ipv6"]),
  backend: z.enum(["legacy", "nft"]),
  table: z.enum(["filter", "nat", "mangle", "raw"]),
  chain: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_:.-]{0,28}$/),
  rule: z
    .array(
      z
        .string()
        .min(1)
        .max(256)
        .regex(/^[^\p{Cc}]*$/u),
    )
    .min(1)
    .max(64),
});
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A process exactly: pid (2^22 at most) and start time in clock ticks. */
const Target = z.strictObject({
  pid: z.number().int().positive().max(4_194_304),
  startTicks: z.number().int().nonnegative(),
});

/** A configuration file that commands may write (managed-files.ts). */
const ManagedPath = z
  .string()
  .max(512)
  .refine((path) => managedFormat(path) !== null, { error: "not among the files that may be written" });
const SettableKey = z.string().max(128).regex(SETTABLE_SYSCTL, "not among the settings that may be changed");

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
  "firewall",
  "cgroup",
  "sockets",
  "top",
]);
export type EvidenceSection = z.infer<typeof EvidenceSection>;

/** Namespaces that a shell can enter; the user namespace is none of them. */
export const ShellNamespace = z.enum(["mnt", "pid", "net", "ipc", "uts", "cgroup"]);
export type ShellNamespace = z.infer<typeof ShellNamespace>;

export const commandParams = {
  /** Reads only. Output: {sections: [{section, title, text, truncated, error}]}. */
  "evidence.capture": z.strictObject({
    sections: z.array(EvidenceSection).min(1).max(EvidenceSection.options.length),
    module: ModuleName.optional(),
    process: Target.optional(),
    containerId: ContainerId.optional(),
    path: AbsolutePath.optional(),
  }),
  /** Reads only: everything about one container, or about the node, from /proc, cgroups and namespaces. Output: a DebugReport (debug.ts). */
  "debug.collect": z.strictObject({ containerId: ContainerId.optional(), runtime: RuntimeId.optional() }),
  /**
   * Opens a time-boxed, recorded shell on the node (no process, no namespaces), or in these namespaces of exactly this process. The agent ends it and
   * everything begun in it after `seconds`, or when it has printed `maxBytes`. Output: {shellId}.
   */
  "shell.open": z
    .strictObject({
      /** Of the run that asks for it. */
      shellId: z.uuid(),
      containerId: ContainerId.optional(),
      process: Target.nullable(),
      namespaces: z.array(ShellNamespace).max(ShellNamespace.options.length),
      seconds: z.number().int().min(SHELL_SECONDS_MIN).max(SHELL_SECONDS_MAX),
      maxBytes: z.number().int().min(65_536).max(SHELL_BYTES_MAX),
    })
    .superRefine(({ process, namespaces, containerId }, ctx) => {
      if (new Set(namespaces).size !== namespaces.length)
        ctx.addIssue({ code: "custom", path: ["namespaces"], message: "named twice" });
      if ((process === null) !== (namespaces.length === 0) || (process === null && containerId !== undefined))
        ctx.addIssue({ code: "custom", path: ["process"], message: "a process and its namespaces go together" });
    }),
  /** start: only when it does not run. restart: asks it to end, then starts. kill-restart: SIGKILL of exactly `process`, then start. */
  "module.restart": z.strictObject({
    module: ModuleName,
    mode: z.enum(["start", "restart", "kill-restart"]),
    process: Target.nullable(),
    readyTimeoutMs: z.number().int().min(1_000).max(120_000).default(30_000),
  }),
  /** Ends a shim after proving that no container, pod or task of that id exists in the runtime and that it has no live child. */
  "shim.reap": z.strictObject({
    process: Target,
    containerId: ContainerId,
    namespace: Namespace.nullable(),
    runtime: RuntimeId,
  }),
  /** Ends processes of a container that the runtime no longer knows, after proving that; TERM, grace, KILL; removes the empty cgroup. */
  "container.end-lost": z.strictObject({
    containerId: ContainerId,
    cgroupPath: AbsolutePath,
    processes: z.array(Target).min(1).max(LIST_MAX),
    graceMs: z.number().int().min(0).max(60_000).default(5_000),
  }),
  /** Restarts one container through its runtime (CRI: stop; recreate with attempt + 1 only where no kubelet does). */
  "container.restart": z.strictObject({
    runtime: RuntimeId,
    containerId: ContainerId,
    graceMs: z.number().int().min(0).max(60_000).default(5_000),
  }),
  /** Removes exactly these exited containers and unused images; each is looked at again before. */
  "runtime.prune": z.strictObject({
    runtime: RuntimeId,
    containers: z.array(ContainerId).max(LIST_MAX),
    images: z.array(ImageRef).max(LIST_MAX),
  }),
  /** Detaches the dead mount, starts lxcfs, re-binds its files in the named containers. */
  "lxcfs.reattach": z.strictObject({
    mountPoint: AbsolutePath,
    module: ModuleName,
    containers: z.array(ContainerId).max(LIST_MAX),
  }),
  /** Renames a network interface and takes the stale udev claim out of the named file (a copy is kept for undo). */
  "nic.rename": z.strictObject({
    index: z.number().int().positive().max(2_147_483_647),
    mac: Mac,
    from: InterfaceName,
    to: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/),
    claim: z.strictObject({ file: RuleFile, mac: Mac, name: InterfaceName }).nullable(),
  }),
  /** Lazily unmounts exactly this mount of a container that is gone; deletes nothing below it. */
  "mount.detach": z.strictObject({
    mountPoint: AbsolutePath,
    type: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/),
    source: z
      .string()
      .max(PATH_MAX)
      .regex(/^[^\p{Cc}]*$/u),
    containerId: ContainerId,
  }),
  /** Puts back the agent's last good copy of a CNI file; refuses when the file changed since the plan. */
  "cni.restore": z.strictObject({
    file: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}\.(conf|conflist|json)$/),
    currentSha256: Sha256.nullable(),
    goodSha256: Sha256,
  }),
  /** Sets one number of the kernel from the list (sysctls.ts) when it still has the expected value. Output: {before, after}. */
  "sysctl.set": z.strictObject({
    key: z.string().max(128).regex(SETTABLE_SYSCTL, "not among the settings that may be changed"),
    expected: z.string().regex(SYSCTL_NUMBERS),
    value: z.string().regex(SYSCTL_NUMBERS),
  }),
  /** Drops conntrack entries that never saw an answer or are closed; live connections stay. Output: {before, after}. */
  "conntrack.flush": z.strictObject({
    which: z
      .array(z.enum(["unreplied", "closed"]))
      .min(1)
      .max(2),
  }),
  /** Asks a parent that does not reap with SIGCHLD. Output: {before, after}. */
  "process.nudge": z.strictObject({ process: Target }),
  /** Lets a stopped process (state T) go on with SIGCONT, after proving that it is a module's main process or a runtime's shim. */
  "process.resume": z.strictObject({ process: Target }),
  /**
   * Ends what is left of a sandbox (Kata VM, gVisor, LXC) after proving that no runtime lists its id (64 hex digits: a name that people gave is theirs)
   * and that each process belongs to it; TERM, grace, KILL.
   */
  "sandbox.end": z.strictObject({
    kind: z.enum(["kata", "gvisor", "lxc"]),
    containerId: ContainerId,
    processes: z.array(Target).min(1).max(LIST_MAX),
    graceMs: z.number().int().min(0).max(60_000).default(5_000),
  }),
  /**
   * Stops and removes exactly these pod sandboxes: each not ready and without a running container, looked at again before; a kubelet's only when it is
   * empty and a younger one has taken its place.
   */
  "pod.remove": z.strictObject({ runtime: RuntimeId, pods: z.array(ContainerId).min(1).max(LIST_MAX) }),
  /** Gives back host-local addresses whose container no runtime lists: removes exactly these lease files after proving that. */
  "cni.release": z.strictObject({
    network: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/),
    leases: z
      .array(z.strictObject({ address: z.union([z.ipv4(), z.ipv6()]), containerId: ContainerId }))
      .min(1)
      .max(LIST_MAX),
  }),
  /** Unpins network namespaces below /run/netns that no process lives in and no listed pod has. */
  "netns.remove": z.strictObject({ names: z.array(NetnsName).min(1).max(LIST_MAX) }),
  /**
   * Sets a network interface up and, where `master` is named, puts a pod's end (veth) into that bridge, when the bridge is proven to be the pod's. Never
   * takes one down or out of another.
   */
  "link.set": z.strictObject({
    index: z.number().int().positive().max(2_147_483_647),
    name: InterfaceName,
    master: InterfaceName.nullable(),
  }),
  /** Drops one neighbour (ARP, NDP) entry, so that it is asked for anew; one that was set for good only when the pod's own interface disproves it. */
  "neighbour.drop": z.strictObject({ device: InterfaceName, address: z.union([z.ipv4(), z.ipv6()]) }),
  /**
   * Takes out one rule that drops or rejects, exactly as `iptables -S` prints it; the node remembers it for undo. Refused: other tables than filter, INPUT
   * and OUTPUT, chains of daemons, rules that name nobody or keep one bridge's containers apart. Output: {position, before, after}.
   */
  "firewall.drop-rule": FirewallRule,
  /** Puts a rule back that `firewall.drop-rule` took out on this very node within a day, once, at the place it had; nothing else. */
  "firewall.add-rule": FirewallRule.extend({ position: z.number().int().positive().max(100_000) }),
  /** Cuts a container's log to its last `keepBytes` bytes, in place; only files below the runtimes' log folders. Output: {before, after}. */
  "log.trim": z.strictObject({
    path: AbsolutePath,
    containerId: ContainerId,
    keepBytes: z.number().int().min(0).max(1_073_741_824),
  }),
  /** Thaws a frozen file system (FITHAW); refused before the node's `thaw.fileSystemAfterMs`, and while a snapshot or backup is seen at work. */
  "filesystem.thaw": z.strictObject({ mountPoint: AbsolutePath }),
  /** Thaws the frozen cgroup of a running container; refused before the node's `thaw.containerAfterMs`, for a pause, and during a checkpoint. */
  "container.thaw": z.strictObject({ containerId: ContainerId }),
  /**
   * Sets pids.max of a container's cgroup when it still has the expected value; raised to four times the first limit at most, never while its tasks
   * multiply. Output: {before, after}.
   */
  "container.pids-max": z.strictObject({
    containerId: ContainerId,
    expected: z.string().regex(/^(max|\d{1,7})$/),
    value: z.number().int().min(16).max(4_194_304),
  }),
  /** Raises the open-files limit of a module's running process (prlimit); never lowers it. Output: {before, after}. */
  "module.limits": z.strictObject({
    module: ModuleName,
    process: Target,
    openFiles: z.number().int().min(1_024).max(1_048_576),
  }),
  /** Loads a kernel module that container nodes need. */
  "kernel.load-module": z.strictObject({
    name: z.enum([
      "br_netfilter",
      "overlay",
      "nf_conntrack",
      "ip_vs",
      "ip_vs_rr",
      "ip_vs_wrr",
      "ip_vs_sh",
      "vxlan",
      "veth",
      "fuse",
      "target_core_user",
    ]),
  }),
  /** Removes what is left of a pod that is gone below the kubelet's folder: empty, unmounted directories of five minutes ago only; refuses at the first file or mount. */
  "volume.clear": z.strictObject({ podUid: z.uuid() }),
  /**
   * Writes one managed configuration file whole, in one moment, and keeps what it replaces for `file.restore`. `content` must be what the file's reader can
   * read. Output: {path, before: sha256 or null, after}.
   */
  "file.put": z
    .strictObject({
      path: ManagedPath,
      content: z.string().min(1).max(MANAGED_BYTES_MAX),
      /** Of the content. */
      sha256: Sha256,
      mode: z.enum(["600", "640", "644"]),
    })
    .superRefine(({ path, content }, ctx) => {
      const error = contentError(path, content);
      if (error !== null) ctx.addIssue({ code: "custom", path: ["content"], message: error });
    }),
  /** Puts back what `file.put` of that content replaced on this node, once; refuses when the file is not the put one any more. */
  "file.restore": z.strictObject({ path: ManagedPath, putSha256: Sha256 }),
  /** Sets one number of the kernel from the list whatever it is, and remembers what it was for `sysctl.restore`. Output: {before, after}. */
  "sysctl.put": z
    .strictObject({ key: SettableKey, value: z.string().regex(SYSCTL_NUMBERS) })
    .superRefine(({ key, value }, ctx) => {
      const error = settingError(key, value);
      if (error !== null) ctx.addIssue({ code: "custom", path: ["value"], message: error });
    }),
  /** Sets back what `sysctl.put` of that value replaced on this node, once; refuses when it is another by now. Output: {before, after}. */
  "sysctl.restore": z.strictObject({ key: SettableKey, putValue: z.string().regex(SYSCTL_NUMBERS) }),
  /**
   * Brings one installed package to exactly that version and touches no other; refused where the node's `managedPackages` does not name it, or the archive of
   * what is installed cannot be kept for `package.restore`. Its scripts start no service. Output: {before, after}.
   */
  "package.install": z.strictObject({ name: PackageName, version: PackageVersion }),
  /** Puts back the version that `package.install` of that one replaced on this node, once; refuses when it is another by now. Output: {before, after}. */
  "package.restore": z.strictObject({ name: PackageName, putVersion: PackageVersion }),
  /** Has a runtime fetch an image, so that the next container need not wait for it. Output: {alreadyThere, bytes, ms}. */
  "image.pull": z.strictObject({
    runtime: RuntimeId,
    image: ImageRef,
    timeoutMs: z.number().int().min(1_000).max(600_000).default(300_000),
  }),
} as const;

export type CommandType = keyof typeof commandParams;
export const commandTypes = Object.keys(commandParams) as [CommandType, ...CommandType[]];
export const CommandType = z.enum(commandTypes);

export type CommandParams<T extends CommandType> = z.input<(typeof commandParams)[T]>;
/** A step of a plan: what, and with which parameters. */
export type CommandAction = { [T in CommandType]: { type: T; params: CommandParams<T> } }[CommandType];

/** Parses an action of any type. @throws ZodError naming the parameter. */
export const CommandAction = z
  .strictObject({ type: CommandType, params: z.record(z.string(), z.unknown()) })
  .transform(({ type, params }, ctx): CommandAction => {
    const parsed = commandParams[type].safeParse(params);
    if (parsed.success) return { type, params: parsed.data } as CommandAction; // the schema is the one of `type`
    for (const issue of parsed.error.issues)
      ctx.addIssue({ code: "custom", path: ["params", ...issue.path], message: issue.message });
    return z.NEVER;
  });

/** What is signed, as the bytes of its canonical JSON. One node, one plan, one generation, one use, one expiry. */
export const CommandPayload = z.strictObject({
  id: z.uuid(),
  nodeId: z.uuid(),
  repairId: z.uuid().nullable(),
  planHash: Sha256,
  /** Rises with every command of a node, no two have the same; the agent refuses one that is not higher than those it has begun. */
  generation: z.number().int().positive(),
  nonce: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/),
  /** Epoch ms. */
  issuedAt: z.number().int().nonnegative(),
  expiresAt: z.number().int().nonnegative(),
  action: CommandAction,
});
export type CommandPayload = z.infer<typeof CommandPayload>;

const DOMAIN = "nodeops-command-v1\n";

/** The bytes of a payload: one text for one meaning, so that a text that means something else to another reader is not a command. */
export const payloadBytes = (payload: CommandPayload): Uint8Array => new TextEncoder().encode(canonicalJson(payload));

/** What the dispatcher signs: no other signature of ours begins with this. */
export const commandBytes = (payload: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(DOMAIN), payload]);

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
