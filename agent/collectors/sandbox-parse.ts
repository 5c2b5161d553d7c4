// Reads sandboxes out of the arguments of their processes (Kata VMs, gVisor, LXC), calls of OCI runtimes, and handlers out of runtimes' configuration. Pure.

export type SandboxKind = "kata" | "gvisor" | "lxc";
export type SandboxRole = "vm" | "sentry" | "gofer" | "monitor" | "helper";
export type SandboxProcess = { kind: SandboxKind; role: SandboxRole; containerId: string; bundle: string | null };

/** comm of processes that may be part of a sandbox; gVisor runs its own as "exe". */
export const mayBeSandbox = (comm: string): boolean =>
  /^(exe|runsc|qemu|cloud-hyperviso|firecracker|dragonball|virtiofsd|lxc-start|lxc$|\[lxc monitor)/.test(comm);

const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{1,127}$/;
const idOr = (text: string | undefined): string | null => (text !== undefined && ID.test(text) ? text : null);
const baseOf = (path: string): string => path.split("/").at(-1) ?? "";

/** Value of `--name=value` or `--name value`. */
function option(argv: readonly string[], name: string): string | null {
  for (const [i, arg] of argv.entries()) {
    if (arg === name) return argv[i + 1] ?? null;
    if (arg.startsWith(`${name}=`)) return arg.slice(name.length + 1);
  }
  return null;
}

/** Id in one of Kata's folders: /run/vc/vm/ID/…, /run/vc/firecracker/ID/…, /run/kata-containers/shared/sandboxes/ID/… */
const kataId = (text: string): string | null =>
  idOr(/\/(?:run\/vc\/(?:vm|firecracker|sbs)|shared\/sandboxes|run\/kata)\/([^/,\s]+)/.exec(text)?.[1]);

function parseKata(name: string, argv: readonly string[]): SandboxProcess | null {
  const all = argv.slice(1);
  const made = (role: SandboxRole, containerId: string | null): SandboxProcess | null =>
    containerId === null ? null : { kind: "kata", role, containerId, bundle: null };
  const found = (): string | null => all.map(kataId).find((id) => id !== null) ?? null;
  if (name === "virtiofsd") return made("helper", found());
  if (name.startsWith("qemu")) {
    // Other virtual machines have other names: those are nobody's sandbox.
    const vm = /^sandbox-([^,]+)/.exec(option(argv, "-name") ?? "")?.[1];
    return made("vm", idOr(vm));
  }
  return made("vm", found());
}

function parseGvisor(argv: readonly string[]): SandboxProcess | null {
  const bundle = option(argv, "--bundle") ?? option(argv, "-bundle");
  if (argv.includes("boot")) {
    // runsc-sandbox … boot --bundle=DIR … ID
    const containerId = idOr(argv.at(-1)) ?? idOr(baseOf(bundle ?? ""));
    return containerId === null ? null : { kind: "gvisor", role: "sentry", containerId, bundle };
  }
  if (argv.includes("gofer")) {
    const containerId = idOr(baseOf(bundle ?? ""));
    return containerId === null ? null : { kind: "gvisor", role: "gofer", containerId, bundle };
  }
  return null; // runsc create, start, wait … and the sandboxed programs themselves
}

/** Where the system's own LXC keeps its containers. */
const LXC_FOLDER = "/var/lib/lxc";

/** What a process is to a sandbox, null when it is none of one. */
export function parseSandbox(argv: readonly string[]): SandboxProcess | null {
  const name = baseOf((argv[0] ?? "").split(" ")[0] ?? "");
  if (/^(qemu-|qemu-system|qemu-kvm|cloud-hypervisor|firecracker|dragonball|virtiofsd)/.test(name))
    return parseKata(name, argv);
  if (/^runsc(-sandbox|-gofer)?$/.test(name)) return parseGvisor(argv);
  // "[lxc monitor] /var/lib/lxc NAME" is one text; lxc-start -n NAME runs in the foreground
  const monitor = /^\[lxc monitor\] (\S+) (\S+)/.exec(argv.join(" "));
  const isStart = name === "lxc-start";
  const folder = monitor?.[1] ?? (isStart ? (option(argv, "-P") ?? option(argv, "--lxcpath") ?? LXC_FOLDER) : "");
  // Containers of LXD and Incus, and those of users, lie elsewhere: they have a manager of their own, which no runtime here is.
  if (folder.replace(/\/$/, "") !== LXC_FOLDER) return null;
  const lxc = idOr(monitor?.[2]) ?? idOr(option(argv, "-n") ?? option(argv, "--name") ?? undefined);
  return lxc === null ? null : { kind: "lxc", role: "monitor", containerId: lxc, bundle: null };
}

/** A gofer that was started with the same bundle as a sandbox belongs to it, whatever its folder is called. */
export function joinBundles<T extends SandboxProcess>(processes: readonly T[]): T[] {
  const byBundle = new Map(
    processes.flatMap((p) => (p.role === "sentry" && p.bundle !== null ? [[p.bundle, p.containerId] as const] : [])),
  );
  return processes.map((p) => ({ ...p, containerId: (p.bundle !== null && byBundle.get(p.bundle)) || p.containerId }));
}

const VERBS = /^(create|start|run|kill|delete|exec|state|pause|resume|update|events|ps|checkpoint|restore)$/;

/** A call of an OCI runtime: what it does and with which container; null for long-running ones that are meant to be (run, events). */
export function parseRuntimeCall(argv: readonly string[]): { verb: string; containerId: string | null } | null {
  const at = argv.findIndex((arg, i) => i > 0 && VERBS.test(arg));
  const verb = argv[at];
  if (at < 0 || verb === undefined || verb === "run" || verb === "events") return null;
  if (verb === "exec" && !argv.includes("--detach") && !argv.includes("-d")) return null;
  const id = argv.slice(at + 1).find((arg) => /^[0-9a-f]{64}$/.test(arg)) ?? argv.at(-1);
  return { verb, containerId: idOr(id) };
}

export type ConfiguredHandler = { name: string; binary: string | null };

/** Runtime types of containerd become the name of a shim: io.containerd.kata.v2 → containerd-shim-kata-v2. */
export function shimOf(runtimeType: string): string | null {
  if (runtimeType.startsWith("/")) return runtimeType;
  const parts = runtimeType.split(".");
  const [name, version] = parts.slice(-2);
  return parts.length >= 3 && name && version ? `containerd-shim-${name}-${version}` : null;
}

/**
 * The handlers of a TOML configuration of containerd or CRI-O: tables "….runtimes.NAME" with their program. TOML is read line by line, which is
 * enough for plain keys in a table.
 */
export function parseHandlers(text: string): ConfiguredHandler[] {
  const found = new Map<string, { type: string | null; path: string | null }>();
  let name: string | null = null;
  for (const raw of text.split("\n")) {
    const line = raw.replace(/#.*$/, "").trim();
    const table = /^\[(.+)\]$/.exec(line)?.[1];
    if (table !== undefined) {
      name =
        /\.runtimes\.(?:"([^"]+)"|'([^']+)'|([\w-]+))(?:\.options)?$/.exec(table.trim())?.slice(1).find(Boolean) ??
        null;
      if (name && !found.has(name)) found.set(name, { type: null, path: null });
      continue;
    }
    const known = name ? found.get(name) : undefined;
    const [, key, value] = /^(\w+)\s*=\s*["']([^"']*)["']/.exec(line) ?? [];
    if (!known || !key || !value) continue;
    if (key === "runtime_type") known.type = value;
    if (key === "BinaryName" || key === "runtime_path") known.path = value;
  }
  return [...found].map(([handler, { type, path }]) => ({
    name: handler,
    binary: path ?? (type === null ? null : shimOf(type)),
  }));
}

/** Handlers of Docker's daemon.json: runtimes.NAME.path, or runtimeType of newer ones. */
export function parseDockerHandlers(text: string): ConfiguredHandler[] {
  try {
    const config = JSON.parse(text) as { runtimes?: Record<string, { path?: unknown; runtimeType?: unknown }> };
    return Object.entries(config.runtimes ?? {}).map(([name, { path, runtimeType }]) => ({
      name,
      binary: typeof path === "string" ? path : typeof runtimeType === "string" ? shimOf(runtimeType) : null,
    }));
  } catch {
    return [];
  }
}

/** Socket of containerd in its configuration; null where it has the usual one. */
export function parseSocket(text: string): string | null {
  let table = "";
  for (const raw of text.split("\n")) {
    const line = raw.replace(/#.*$/, "").trim();
    const header = /^\[([^\]]+)\]$/.exec(line)?.[1];
    if (header !== undefined) table = header.trim();
    const address = /^address\s*=\s*["']([^"']+)["']/.exec(line)?.[1];
    if (address && table === "grpc") return address;
  }
  return null;
}
