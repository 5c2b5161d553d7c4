// Sections of evidence.capture that show what goes on at the moment: packet filter, sockets, a container's cgroup, who uses the machine most.
import { readdirSync } from "node:fs";
import { findContainers, parseHierarchy } from "../collectors/cgroups.ts";
import { readPlain } from "../host/file.ts";
import { readMounts } from "../host/mountinfo.ts";
import { argvOf, PAGE, type ProcessStat, TICKS } from "../host/proc.ts";
import { redactArgs, redactUrls } from "../host/redact.ts";
import { run } from "../host/run.ts";
import { sleep } from "../host/wait.ts";
import type { CommandContext } from "./define.ts";

type Text = { title: string; text: string };

const LINES_MAX = 2_000;

/** A program's output by lines, so that no table fills the result; a program that is not there says so. */
async function lines(argv: string[], max = LINES_MAX): Promise<string> {
  const result = await run(argv, { timeoutMs: 8_000, maxBytes: 512 * 1024 });
  const all = result.stdout.split("\n");
  const more = all.length > max ? `\n(${all.length - max} lines left out)` : "";
  return `$ ${argv.join(" ")}\n${all.slice(0, max).join("\n")}${more}${result.code === 0 ? "" : `\n${result.stderr.trim()}`}\n`;
}

/** Rules of every backend with their counters. Comments in them are free text. */
export async function firewall(): Promise<Text> {
  const programs = ["iptables-nft-save", "iptables-legacy-save", "ip6tables-nft-save", "ip6tables-legacy-save"];
  const parts: string[] = [];
  for (const program of programs) parts.push(await lines([program, "-c"]));
  parts.push(await lines(["ipset", "list", "-terse"], 400));
  return { title: "Packet filter", text: redactUrls(parts.join("\n")) };
}

/** Listening sockets whole, others by their number and the fullest queues. */
export async function sockets(): Promise<Text> {
  const parts = [
    await lines(["ss", "-s"], 40),
    await lines(["ss", "-tulnpH"], 400),
    await lines(["ss", "-tanpH", "state", "connected"], 600),
    await lines(["ss", "-xlpH"], 200),
  ];
  return { title: "Sockets", text: parts.join("\n") };
}

/** Files of control groups that say something; the others are switches. */
const TELLING =
  /\.(max|high|current|stat|events|pressure|freeze|procs|state|peak|limit_in_bytes|usage_in_bytes|failcnt|oom_control|cfs_quota_us|cfs_period_us|shares|weight|self_freezing|parent_freezing)$/;

/** The values of a container's cgroups, in every hierarchy. @throws when there is none */
export async function cgroup(_ctx: CommandContext, subject: { containerId?: string }): Promise<Text> {
  const { containerId } = subject;
  if (!containerId) throw new Error("no container was named");
  const parts: string[] = [];
  for (const root of new Set(parseHierarchy(readMounts()).mounts.values())) {
    for (const { path } of findContainers(root).found.filter((item) => item.containerId === containerId)) {
      const folder = `${root}${path}`;
      parts.push(`== ${folder}`, ...valuesOf(folder));
    }
  }
  if (parts.length === 0) throw new Error(`no cgroup carries the id ${containerId.slice(0, 12)}`);
  return { title: `Control groups of ${containerId.slice(0, 12)}`, text: parts.join("\n") };
}

function valuesOf(folder: string): string[] {
  const values: string[] = [];
  for (const name of readdirSync(folder)
    .filter((file) => TELLING.test(file))
    .sort()) {
    try {
      // Sizes in a cgroup file system are 0: what is read is what there is.
      values.push(`${name}: ${text(`${folder}/${name}`).replaceAll("\n", "\n  ")}`);
    } catch {
      // not readable in this state, or gone
    }
  }
  return values;
}

const text = (path: string): string => readPlain(path, { maxBytes: 32_768, sized: false }).toString("utf8").trim();

const TOP = 20;

/** Who used most of the processor within a second, and who holds most memory. */
export async function top(ctx: CommandContext): Promise<Text> {
  const before = new Map(ctx.table.read(0).all.map((p) => [`${p.pid}/${p.startTicks}`, p.cpuTicks]));
  await sleep(1_000);
  const { all } = ctx.table.read(0);
  const used = (p: ProcessStat): number => p.cpuTicks - (before.get(`${p.pid}/${p.startTicks}`) ?? p.cpuTicks);
  const row = async (p: ProcessStat): Promise<string> =>
    `${String(Math.round((used(p) / TICKS) * 100)).padStart(4)}% ${String(Math.round((p.rssPages * PAGE) / 1_048_576)).padStart(6)} MiB ${p.state} ${p.pid} ${p.name} ${redactArgs(await argvOf(p.pid)).slice(0, 200)}`;
  const rows = async (list: ProcessStat[]): Promise<string[]> => Promise.all(list.slice(0, TOP).map(row));
  const busy = all.filter((p) => used(p) > 0).sort((a, b) => used(b) - used(a));
  const large = [...all].sort((a, b) => b.rssPages - a.rssPages);
  const body = ["== most processor time in a second", ...(await rows(busy)), "== most memory", ...(await rows(large))];
  return { title: "Busiest and largest processes", text: body.join("\n") };
}
