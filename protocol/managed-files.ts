// The configuration files that a command may write: a closed list of places, each with the format that its reader expects. The console, the dispatcher
// and the agent check a content by this same file, so that what one takes the other takes.
import { hookError } from "./hook-syntax.ts";
import { settingError } from "./sysctls.ts";
import { tomlError } from "./toml-syntax.ts";

/** Largest content, bytes of UTF-8. */
export const MANAGED_BYTES_MAX = 256 * 1_024;
const DEPTH_MAX = 64;

export type ManagedFormat = "toml" | "cni" | "json" | "sysctl" | "modules" | "crictl" | "hook" | "text";

const NAME = "[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}";
/** Registry hosts as containerd names their folders: "docker.io", "registry.example:5000", "_default". */
const HOST = "[A-Za-z0-9_][A-Za-z0-9_.:-]{0,252}";

const place = (pattern: string, format: ManagedFormat) => ({ pattern: new RegExp(`^${pattern}$`), format });

/**
 * Places and their formats. Only configuration of container runtimes and their network, and numbers of the kernel: nothing that a shell, cron, systemd
 * or udev reads. Below /etc/nodeops/managed lies what a node's own configuration says (agent.json, `managedFiles`), nothing unless it does.
 */
const places = [
  place("/etc/containerd/config\\.toml", "toml"),
  place(`/etc/containerd/conf\\.d/${NAME}\\.toml`, "toml"),
  place(`/etc/containerd/certs\\.d/${HOST}/hosts\\.toml`, "toml"),
  place(`/etc/crio/crio\\.conf\\.d/${NAME}\\.conf`, "toml"),
  place(`/etc/containers/registries\\.conf\\.d/${NAME}\\.conf`, "toml"),
  place(`/etc/cni/net\\.d/${NAME}\\.(conf|conflist|json)`, "cni"),
  place("/etc/docker/daemon\\.json", "json"),
  place(`/etc/containers/oci/hooks\\.d/${NAME}\\.json`, "hook"),
  place("/etc/crictl\\.yaml", "crictl"),
  place(`/etc/sysctl\\.d/${NAME}\\.conf`, "sysctl"),
  place(`/etc/modules-load\\.d/${NAME}\\.conf`, "modules"),
  place(`/etc/nodeops/managed/${NAME}\\.toml`, "toml"),
  place(`/etc/nodeops/managed/${NAME}\\.json`, "json"),
  place(`/etc/nodeops/managed/${NAME}\\.(conf|txt)`, "text"),
] as const;

/** The format of the file at that path; null when no command may write there. */
export function managedFormat(path: string): ManagedFormat | null {
  if (path.includes("/../") || path.includes("/./")) return null;
  return places.find(({ pattern }) => pattern.test(path))?.format ?? null;
}

/** Why the content may not stand at that path; null when it may. Quotes nothing of the content. Never throws. */
export function contentError(path: string, content: string): string | null {
  const format = managedFormat(path);
  if (format === null) return "not among the files that may be written";
  if (new TextEncoder().encode(content).length > MANAGED_BYTES_MAX) return `larger than ${MANAGED_BYTES_MAX} bytes`;
  if (!content.isWellFormed()) return "not whole characters";
  if (content.includes("\0")) return "has a zero byte";
  // Asked for explicitly or not at all: an empty file takes away what was there.
  if (content.trim() === "") return "is empty";
  return checkers[format](content);
}

function json(text: string): { value: unknown } | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "not JSON"; // the parser's words quote the content
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) return "not a JSON object";
  return depthOf(value) > DEPTH_MAX ? "nested too deep" : { value };
}

function depthOf(value: unknown): number {
  let depth = 0;
  for (let level: unknown[] = [value]; level.length > 0 && depth <= DEPTH_MAX; depth += 1)
    level = level.flatMap((v) => (typeof v === "object" && v !== null ? Object.values(v) : []));
  return depth;
}

/** As the CNI specification 1.0 §1 has it: a list with plugins, or one plugin. */
function cniError(text: string): string | null {
  const read = json(text);
  if (typeof read === "string") return read;
  const { name, plugins, type } = read.value as { name?: unknown; plugins?: unknown; type?: unknown }; // an object, asked above
  if (typeof name !== "string" || name === "") return "has no network name";
  const list: unknown[] = Array.isArray(plugins) ? plugins : typeof type === "string" ? [read.value] : [];
  if (list.length === 0) return "has no plugins";
  return list.every((plugin) => isNamed(plugin) && (!("ipam" in plugin) || isAddressing(plugin.ipam)))
    ? null
    : "a plugin has no type";
}

/** A plugin is a program that runs as root: it is named, never pointed at. */
const isNamed = (plugin: unknown): plugin is { type: string } =>
  typeof plugin === "object" &&
  plugin !== null &&
  "type" in plugin &&
  typeof plugin.type === "string" &&
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(plugin.type);

/** Absent, empty, or another plugin that gives out addresses. */
const isAddressing = (ipam: unknown): boolean =>
  typeof ipam === "object" && ipam !== null && (!("type" in ipam) || isNamed(ipam));

/**
 * Where our lines end, every reader's must end, and nowhere else: systemd ends one at a lone carriage return as well, YAML at U+0085, U+2028 and U+2029, and
 * what we took for the rest of a comment would be a setting. Blanks that only we would cut off are nothing but a trap either.
 */
const UNPLAIN = /\r(?!\n)|[^\P{Cc}\t\n\r]|[^\P{Z} ]|\uFEFF/u;

/** Each line of a text that says something, without its blanks; comments begin with one of `marks`. */
const sayings = (text: string, marks: string): { line: string; number: number }[] =>
  text
    .split(/\r?\n/)
    .map((line, i) => ({ line: line.trim(), number: i + 1 }))
    .filter(({ line }) => line !== "" && !marks.includes(line[0] ?? ""));

const firstWrong = (text: string, marks: string, isRight: (line: string) => boolean, what: string): string | null => {
  if (UNPLAIN.test(text)) return "has characters that another reader may take for the end of a line";
  const wrong = sayings(text, marks).find(({ line }) => !isRight(line));
  return wrong ? `line ${wrong.number}: ${what}` : null;
};

/** sysctl.d(5), and only what a command may set. */
const isSetting = (line: string): boolean => {
  const [, key = "", value = ""] = /^-?([^=\s]{1,128})\s{0,8}=\s{0,8}(.*)$/.exec(line) ?? [];
  return settingError(key, value) === null;
};
const isModuleName = (line: string): boolean => /^[a-z0-9_-]{1,55}$/.test(line);
const isCrictlLine = (line: string): boolean =>
  /^((runtime|image)-endpoint: *"?unix:\/\/\/[\w./-]{1,200}"?|timeout: *\d{1,4}|(debug|pull-image-on-create|disable-pull-on-run): *(true|false))$/.test(
    line,
  );

const checkers: Record<ManagedFormat, (content: string) => string | null> = {
  toml: tomlError,
  cni: cniError,
  json: (text) => {
    const read = json(text);
    return typeof read === "string" ? read : null;
  },
  sysctl: (text) => firstWrong(text, "#;", isSetting, "not a setting that may be changed"),
  modules: (text) => firstWrong(text, "#;", isModuleName, "not the name of a kernel module"),
  crictl: (text) => firstWrong(text, "#", isCrictlLine, "not an option of crictl"),
  hook: hookError,
  text: () => null,
};
