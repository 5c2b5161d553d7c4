// What evidence.capture can collect, one function per section. Each only reads, is bounded, and may fail alone.
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { EvidenceSection } from "../../protocol/commands.ts";
import type { ProcessRef } from "../../protocol/facts-base.ts";
import { cniFolders } from "../collectors/cni.ts";
import { messageOf } from "../host/errors.ts";
import { readPlain, readText } from "../host/file.ts";
import { argvOf, fileOf, isLive, linkOf, statOf } from "../host/proc.ts";
import { redactArgs, redactJson } from "../host/redact.ts";
import { run } from "../host/run.ts";
import { sleep, within } from "../host/wait.ts";
import { findProcess } from "../modules/watch.ts";
import { ask } from "../runtimes/http.ts";
import type { CommandContext } from "./define.ts";
import { cgroup, firewall, sockets, top } from "./evidence-live.ts";

export type Subject = { module?: string; process?: ProcessRef; containerId?: string; path?: string };
type Section = (ctx: CommandContext, subject: Subject) => Promise<{ title: string; text: string }>;

/** The process in question: as told, or the module's. Null when there is none or it is another by now. */
function processOf(ctx: CommandContext, subject: Subject): ProcessRef | null {
  if (subject.process) return isLive(subject.process) ? subject.process : null;
  if (!subject.module) return null;
  return ctx.modules.look(ctx.table.read(0), ctx.agentVersion).find((m) => m.name === subject.module)?.process ?? null;
}

const output = async (argv: string[], timeoutMs = 5_000): Promise<string> => {
  const result = await run(argv, { timeoutMs, maxBytes: 256 * 1024 });
  return `$ ${argv.join(" ")}\n${result.stdout}${result.stderr}${result.timedOut ? "\n(no end in time)\n" : "\n"}`;
};

const show = (path: string): string => `== ${path}\n${readText(path) ?? "(cannot be read)"}\n`;

/** Does the process handle SIGUSR1 (bit 10 of SigCgt)? To one that does not, the signal is deadly. */
export const handlesUsr1 = (status: string): boolean =>
  (BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`) & (1n << 9n)) !== 0n;

/** Go runtimes give their goroutines over pprof; containerd and dockerd also write them to a file or log on SIGUSR1. */
async function goroutines(ctx: CommandContext, subject: Subject): Promise<{ title: string; text: string }> {
  const notes: string[] = [];
  const process = processOf(ctx, subject);
  const state = process ? statOf(process.pid)?.state : null;
  const stopped = state === "T" || state === "t";
  const socket = ctx.runtimes.all().find((w) => w.runtime.spec.module === subject.module && w.runtime.spec.debugSocket)
    ?.runtime.spec.debugSocket;
  if (stopped)
    notes.push("The process is stopped (state T): it cannot say anything itself. The kernel's view follows.");
  else if (socket) {
    try {
      const answer = await ask({ socketPath: socket }, "/debug/pprof/goroutine?debug=2", {
        deadlineMs: 8_000,
        maxBytes: 400 * 1024,
      });
      if (answer.status === 200) return { title: `Goroutines of ${subject.module} (pprof)`, text: answer.body };
      notes.push(`pprof on ${socket}: HTTP ${answer.status}`);
    } catch (err) {
      notes.push(`pprof on ${socket}: ${messageOf(err)}`);
    }
  } else notes.push("No debug socket is known.");
  if (process && !stopped) {
    try {
      const dump = await dumpBySignal(ctx, process);
      return { title: `Goroutines of ${subject.module ?? process.pid} (SIGUSR1)`, text: [...notes, dump].join("\n") };
    } catch (err) {
      notes.push(`No dump on SIGUSR1: ${messageOf(err)}.`);
    }
  }
  if (!process) throw new Error(["There is no such process.", ...notes].join(" "));
  return {
    title: `Kernel's view of ${subject.module ?? process.pid}`,
    text: [...notes, "", stacks(process.pid)].join("\n"),
  };
}

/** A process can call itself anything: only a module's own, in the node's own file tree, is signalled and believed. @throws why there is no dump */
async function dumpBySignal(ctx: CommandContext, ref: ProcessRef): Promise<string> {
  const name = statOf(ref.pid)?.name;
  if (name !== "containerd" && name !== "dockerd") throw new Error(`${name} is not known to write one`);
  const table = ctx.table.read(0);
  const own = ctx.modules.specs(table).map((spec) => findProcess(spec, table));
  if (!own.some((p) => p?.pid === ref.pid && p.startTicks === ref.startTicks))
    throw new Error(`${ref.pid} is not the process of a module`);
  const namespace = linkOf(ref.pid, "ns/mnt");
  if (namespace === null || namespace !== linkOf(process.pid, "ns/mnt"))
    throw new Error(`${ref.pid} has a file tree of its own`);
  if (!handlesUsr1(fileOf(ref.pid, "status") ?? "") || !isLive(ref)) throw new Error("it does not handle the signal");
  process.kill(ref.pid, "SIGUSR1");
  await sleep(1_500);
  // containerd: os.TempDir()/containerd.PID.stacks.log, a folder in which everybody may write
  return readPlain(`/tmp/${name}.${ref.pid}.stacks.log`, { maxBytes: 1024 * 1024, uid: 0 }).toString("utf8");
}

/** /proc/PID's words about where each thread is. */
function stacks(pid: number, threadsMax = 200): string {
  const parts = [
    `pid ${pid}`,
    (fileOf(pid, "status") ?? "")
      .split("\n")
      .filter((l) => /^(Name|State|PPid|Threads|VmRSS|SigCgt|voluntary|nonvoluntary)/.test(l))
      .join("\n"),
  ];
  let tasks: string[] = [];
  try {
    tasks = readdirSync(`/proc/${pid}/task`).slice(0, threadsMax);
  } catch {
    return `${parts.join("\n")}\n(the process has ended)`;
  }
  for (const task of tasks) {
    const at = (file: string) => fileOf(pid, `task/${task}/${file}`)?.trim() ?? "?";
    const state = /\) (\S)/.exec(at("stat"))?.[1] ?? "?";
    parts.push(
      `-- thread ${task} ${at("comm")} state ${state} wchan ${at("wchan")} syscall ${at("syscall")}`,
      at("stack"),
    );
  }
  return parts.join("\n");
}

const moduleLog: Section = async (ctx, { module }) => {
  if (!module) throw new Error("no module was named");
  const spec = ctx.modules.specs(ctx.table.read(0)).find((s) => s.name === module);
  if (!spec) throw new Error(`module ${module} is not known`);
  if (spec.manager?.type === "systemd")
    return {
      title: `journal of ${spec.manager.unit}`,
      text: await output(["journalctl", "-u", spec.manager.unit, "-n", "400", "--no-pager", "-o", "short-iso"]),
    };
  const why: string[] = [];
  for (const path of [spec.log, `/var/log/${module}.log`, `/var/log/${module}/current`]) {
    if (!path) continue;
    try {
      return { title: `end of ${path}`, text: readPlain(path, { maxBytes: 128 * 1024, from: "end" }).toString("utf8") };
    } catch (err) {
      why.push(messageOf(err));
    }
  }
  throw new Error(`no log of ${module} was found: ${why.join("; ")}`);
};

const openFiles: Section = async (ctx, subject) => {
  const ref = processOf(ctx, subject);
  if (!ref) throw new Error("there is no such process");
  const fds = readdirSync(`/proc/${ref.pid}/fd`);
  const lines = fds.slice(0, 2_000).map((fd) => {
    try {
      return `${fd} ${readlinkSync(`/proc/${ref.pid}/fd/${fd}`)}`;
    } catch {
      return `${fd} (closed meanwhile)`;
    }
  });
  const limit = /^Max open files.*$/m.exec(fileOf(ref.pid, "limits") ?? "")?.[0] ?? "";
  return { title: `${fds.length} open files of ${ref.pid}`, text: `${limit}\n${lines.join("\n")}` };
};

const processList: Section = async (ctx, subject) => {
  const table = ctx.table.read(0);
  const parts = ["pid ppid state threads start name args"];
  for (const p of [...table.all].sort((a, b) => a.pid - b.pid).slice(0, 3_000)) {
    const args = p.rssPages > 0 ? redactArgs(await argvOf(p.pid)).slice(0, 300) : "";
    parts.push(`${p.pid} ${p.ppid} ${p.state} ${p.threads} ${p.startTicks} ${p.name} ${args}`);
  }
  return {
    title: `Processes${subject.containerId ? ` (container ${subject.containerId.slice(0, 12)})` : ""}`,
    text: parts.join("\n"),
  };
};

/** The folder's network files, secrets left out; what else lies there (Calico's kubeconfig holds a token) stays on the node. */
export function cniTexts(confDir: string): string[] {
  return readdirSync(confDir)
    .filter((name) => /\.(conf|conflist|json)$/.test(name))
    .sort()
    .map((name) => {
      const path = join(confDir, name);
      try {
        return `== ${path}\n${redactJson(readPlain(path, { maxBytes: 256 * 1024 }).toString("utf8")).slice(0, 32_000)}\n`;
      } catch (err) {
        return `== ${path}\n(${messageOf(err)})\n`;
      }
    });
}

/** Section → how it is collected. */
export const sections: Record<EvidenceSection, Section> = {
  goroutines,
  "process-stack": async (ctx, subject) => {
    const ref = processOf(ctx, subject);
    if (!ref) throw new Error("there is no such process");
    return { title: `Stacks of ${statOf(ref.pid)?.name} (${ref.pid})`, text: stacks(ref.pid) };
  },
  "module-log": moduleLog,
  kmsg: async () => ({
    title: "End of the kernel log",
    text: (await output(["dmesg", "--time-format", "iso"])).split("\n").slice(-300).join("\n"),
  }),
  mounts: async () => ({ title: "Mount table", text: readText("/proc/self/mountinfo") ?? "" }),
  pressure: async () => ({
    title: "Load and pressure",
    text: ["/proc/loadavg", "/proc/pressure/cpu", "/proc/pressure/memory", "/proc/pressure/io", "/proc/meminfo"]
      .map(show)
      .join("\n"),
  }),
  processes: processList,
  "open-files": openFiles,
  network: async () => ({
    title: "Network",
    text: [
      await output(["ip", "-d", "address"]),
      await output(["ip", "route", "show", "table", "all"]),
      await output(["ss", "-s"]),
    ].join("\n"),
  }),
  conntrack: async () => ({
    title: "Connection tracking",
    text: [
      show("/proc/sys/net/netfilter/nf_conntrack_count"),
      show("/proc/sys/net/netfilter/nf_conntrack_max"),
      show("/proc/net/stat/nf_conntrack"),
      await output(["head", "-n", "200", "/proc/net/nf_conntrack"]),
    ].join("\n"),
  }),
  cni: async (ctx) => {
    const { confDir, binDirs } = cniFolders(ctx);
    const texts = cniTexts(confDir);
    const conditions = ctx.runtimes
      .all()
      .map((w) => `${w.runtime.spec.id}: ${JSON.stringify(w.details?.conditions ?? [])}`);
    return {
      title: "Container network configuration",
      text: [...texts, `plugins in ${binDirs.join(", ")}`, ...conditions].join("\n"),
    };
  },
  disk: async (_ctx, { path }) => ({
    title: "Disk use",
    text: [
      await output(["df", "-h"], 8_000),
      await output(["df", "-i"], 8_000),
      path ? await output(["du", "-xh", "--max-depth=2", path], 15_000) : "",
    ].join("\n"),
  }),
  lxcfs: async (ctx) => {
    const mounts = (readText("/proc/self/mountinfo") ?? "").split("\n").filter((l) => l.includes("fuse.lxcfs"));
    const state = ctx.latest("lxcfs");
    return { title: "lxcfs", text: [...mounts, JSON.stringify(state, null, 2)].join("\n") };
  },
  containers: async (ctx) => {
    const lines = await Promise.all(
      ctx.runtimes.all().map(async (watched) => {
        const inventory = await within("inventory", 6_000, ctx.runtimes.inventory(watched, 0)).catch((err) =>
          messageOf(err),
        );
        return `== ${watched.runtime.spec.id}\n${typeof inventory === "string" ? inventory : JSON.stringify(inventory, null, 1)}`;
      }),
    );
    return { title: "Containers and pods", text: lines.join("\n") };
  },
  firewall,
  cgroup,
  sockets,
  top,
};
