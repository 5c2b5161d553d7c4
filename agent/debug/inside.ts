// What programs of a container see and were given: /proc through lxcfs, environment without secrets, layers of the image. Nothing of theirs is opened by the agent itself.
import type { DebugReport } from "../../protocol/debug.ts";
import { lxcfsMounts } from "../collectors/lxcfs.ts";
import { readLocked } from "../host/locked-file.ts";
import { readMounts } from "../host/mountinfo.ts";
import { probeFile } from "../host/probe-path.ts";
import { redactLog } from "../host/redact.ts";
import { run } from "../host/run.ts";

type Value<K extends keyof DebugReport> = NonNullable<Extract<DebugReport[K], { value: unknown }>["value"]>;

const ASK_MS = 1_000;
const KIB = 1_024;

/** @param pid first process of the container, or "self" for the node's own lxcfs */
export async function readViews(pid: number | "self"): Promise<Value<"views">> {
  const mounts = lxcfsMounts(readMounts(pid));
  const prefix = pid === "self" ? "" : `/proc/${pid}/root`;
  const [first] = mounts;
  let error: string | null = null;
  for (const mount of mounts.slice(0, 4)) {
    // A whole file system is asked for a file in it, a bound file for itself; a bound folder is left out.
    const path = mount.root === "/" ? `${mount.mountPoint}/proc/uptime` : mount.mountPoint;
    if (mount.root !== "/" && !/^\/proc\//.test(mount.root)) continue;
    const answer = await probeFile(`${prefix}${path}`, ASK_MS);
    if (answer.state !== "ok") error = `${path}: ${answer.error ?? answer.state}`;
    if (error) break;
  }
  // lxcfs answers each reader by its own pid namespace: only one that stands in the container's sees what its programs see.
  const look = [`--pid=/proc/${pid}/ns/pid`, "--", "head", "-n", "1", `${prefix}/proc/meminfo`];
  const meminfo = pid === "self" ? null : await run(["nsenter", ...look], { timeoutMs: ASK_MS });
  const seen = /^MemTotal:\s+(\d+) kB/.exec(meminfo?.stdout ?? "")?.[1];
  return {
    hasLxcfs: first !== undefined,
    isAlive: error === null,
    error,
    seenMemoryBytes: seen === undefined ? null : Number(seen) * KIB,
  };
}

/** A value that reads like a secret whatever its name: keys, tokens, long random words. */
const LIKE_SECRET =
  /-----BEGIN|^(ghp|gho|glpat|xox[bp]|sk|AKIA|ASIA|eyJ)[-_A-Za-z0-9]{8,}|^(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9+_=-]{32,}$/;
const SECRET_NAME = /pass|pwd|secret|token|key|credential|auth|cookie|private|signature|dsn|conn(ection)?_?str/i;
const VALUE_MAX = 300;

/** "NAME=value" without what gives access. */
export function redactVariable(line: string): string {
  const at = line.indexOf("=");
  if (at < 0) return line.slice(0, VALUE_MAX);
  const [name, value] = [line.slice(0, at), line.slice(at + 1)];
  if (value !== "" && (SECRET_NAME.test(name) || LIKE_SECRET.test(value))) return `${name}=(left out)`;
  return redactLog(line).slice(0, VALUE_MAX + name.length);
}

export async function readEnvironment(pid: number): Promise<Value<"environment">> {
  const text = await readLocked(`/proc/${pid}/environ`);
  if (text === null) throw new Error("its memory is locked");
  return text
    .split("\0")
    .filter((line) => line !== "")
    .slice(0, 300)
    .map(redactVariable)
    .sort();
}

/** Layers as its root mount names them. */
export function layersOf(pid: number): Value<"image"> {
  const root = readMounts(pid)
    .filter((m) => m.mountPoint === "/")
    .at(-1);
  if (root?.type !== "overlay") return { layers: 0, upper: null, snapshotter: root?.type ?? null };
  const option = (name: string) => root.superOptions.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  const upper = option("upperdir") ?? null;
  return {
    layers: (option("lowerdir") ?? "").split(":").filter((part) => part !== "").length,
    upper,
    snapshotter:
      upper === null ? "overlay" : (/io\.containerd\.snapshotter\.v1\.([a-z]+)/.exec(upper)?.[1] ?? "overlay"),
  };
}
