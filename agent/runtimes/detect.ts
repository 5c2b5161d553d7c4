// Which runtimes this node has: those named in the configuration, those at their usual sockets, those seen before whose program is still there.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import type { AgentConfig } from "../config.ts";
import { SEARCH_PATH } from "../host/run.ts";
import { type RuntimeSpec, socketPath } from "./types.ts";

type Known = { id: string; kind: "cri" | "docker"; sockets: string[]; program: string };

/**
 * Usual places; the first socket that exists is taken. CRI before Docker's API of the same engine, since it knows the pods; Podman before Docker,
 * whose socket is a link to Podman's where the one stands in for the other.
 */
const known: readonly Known[] = [
  { id: "containerd", kind: "cri", sockets: ["/run/containerd/containerd.sock"], program: "containerd" },
  { id: "k3s", kind: "cri", sockets: ["/run/k3s/containerd/containerd.sock"], program: "k3s" },
  { id: "crio", kind: "cri", sockets: ["/run/crio/crio.sock"], program: "crio" },
  { id: "cri-dockerd", kind: "cri", sockets: ["/run/cri-dockerd.sock"], program: "cri-dockerd" },
  { id: "pouch-cri", kind: "cri", sockets: ["/run/pouchcri.sock", "/var/run/pouchcri.sock"], program: "pouchd" },
  { id: "podman", kind: "docker", sockets: ["/run/podman/podman.sock"], program: "podman" },
  { id: "docker", kind: "docker", sockets: ["/run/docker.sock", "/var/run/docker.sock"], program: "dockerd" },
  { id: "pouch", kind: "docker", sockets: ["/run/pouchd.sock", "/var/run/pouchd.sock"], program: "pouchd" },
];

/** Where a socket really is: links resolved while it exists, /var/run taken for /run while it does not. */
export function realSocket(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path.replace(/^\/var\/run\//, "/run/"); // gone or not yet there
  }
}

/** The few settings of containerd's configuration that the agent wants; TOML read line by line, which is enough for plain keys in a table. */
export function parseContainerdConfig(text: string): {
  metrics: string | null;
  debug: string | null;
  criDisabled: boolean;
} {
  let table = "";
  let metrics: string | null = null;
  let debug: string | null = null;
  for (const raw of text.split("\n")) {
    const line = raw.replace(/#.*$/, "").trim();
    const header = /^\[([^\]]+)\]$/.exec(line);
    if (header?.[1] !== undefined) table = header[1].trim();
    const address = /^address\s*=\s*["']([^"']*)["']/.exec(line)?.[1];
    if (address && table === "metrics") metrics = address;
    if (address && table === "debug") debug = address;
  }
  const disabled = /^\s*disabled_plugins\s*=\s*\[([^\]]*)\]/m.exec(text)?.[1] ?? "";
  return { metrics, debug, criDisabled: /["'](io\.containerd\.grpc\.v1\.)?cri["']/.test(disabled) };
}

function containerdExtras(configPath: string): {
  metricsUrl: string | null;
  debugSocket: string | null;
  criDisabled: boolean;
} {
  try {
    const { metrics, debug, criDisabled } = parseContainerdConfig(readFileSync(configPath, "utf8"));
    return { metricsUrl: metrics ? `http://${metrics}/v1/metrics` : null, debugSocket: debug, criDisabled };
  } catch {
    return { metricsUrl: null, debugSocket: null, criDisabled: false }; // default configuration
  }
}

const isInstalled = (program: string): boolean =>
  SEARCH_PATH.split(":").some((folder) => existsSync(`${folder}/${program}`));

/**
 * The node's runtimes now.
 * @param seen runtimes that were there before: a stopped one stays listed (it is down, not gone) while its program is installed
 */
export function detectRuntimes(
  config: AgentConfig,
  seen: readonly { id: string; kind: "cri" | "docker"; endpoint: string; module: string | null }[],
  containerdConfig = "/etc/containerd/config.toml",
): RuntimeSpec[] {
  const found = new Map<string, RuntimeSpec>();
  for (const item of config.runtimes) {
    const usual = known.find((k) => k.kind === item.kind && k.sockets.includes(socketPath(item.endpoint)));
    const id = item.id ?? usual?.id ?? item.module ?? item.kind;
    found.set(id, {
      id,
      kind: item.kind,
      endpoint: item.endpoint,
      module: item.module ?? usual?.program ?? null,
      metricsUrl: item.metricsUrl ?? null,
      debugSocket: item.debugSocket ?? null,
    });
  }
  if (!config.autodetect) return [...found.values()];
  const taken = new Set([...found.values()].map((spec) => realSocket(socketPath(spec.endpoint))));
  for (const { id, kind, sockets, program } of known) {
    const before = seen.find((s) => s.id === id);
    const socket =
      sockets.find((path) => existsSync(path)) ??
      (before && isInstalled(program) ? socketPath(before.endpoint) : undefined);
    if (socket === undefined || found.has(id) || taken.has(realSocket(socket))) continue;
    const extras = id === "containerd" ? containerdExtras(containerdConfig) : null;
    if (extras?.criDisabled) continue; // Docker's own containerd: Docker answers for it
    taken.add(realSocket(socket));
    found.set(id, {
      id,
      kind,
      endpoint: `unix://${socket}`,
      module: program,
      metricsUrl: extras?.metricsUrl ?? null,
      debugSocket: extras?.debugSocket ?? null,
    });
  }
  return [...found.values()];
}
