// `nodeops-agent run`: wires link, spool, collectors and commands into the running agent, and takes them apart in order when told to stop.
import { readFileSync, writeFileSync } from "node:fs";
import type { FactKind, KernelEvent } from "../protocol/facts.ts";
import { type CollectorContext, paced } from "./collectors/define.ts";
import { Harness } from "./collectors/harness.ts";
import { collectors } from "./collectors/index.ts";
import { KernelLog } from "./collectors/kernel-log.ts";
import { CommandDesk } from "./commands/desk.ts";
import { dropServiceHold } from "./commands/package-hold.ts";
import { loadAgentConfig } from "./config.ts";
import { messageOf } from "./host/errors.ts";
import { readText } from "./host/file.ts";
import type { Log } from "./host/log.ts";
import { bootedAt, statOf } from "./host/proc.ts";
import { AGENT_COMM, ProcessTableReader } from "./host/process-table.ts";
import { FactsOutbox } from "./link/facts-outbox.ts";
import { FreezeKeeper } from "./link/freeze.ts";
import { Link } from "./link/link.ts";
import { issuerOf } from "./link/renew.ts";
import { RenewalClock } from "./link/renewal-clock.ts";
import { takeTrust } from "./link/trust.ts";
import { LogWatch } from "./logs/watch.ts";
import { MemoryFile } from "./memory.ts";
import { ModuleWatch } from "./modules/watch.ts";
import { RuntimeWatch } from "./runtimes/watch.ts";
import { ShellKeeper } from "./shell/keeper.ts";
import { Spool } from "./spool/spool.ts";
import { loadIdentity, prepareState, type StatePaths } from "./state.ts";
import { AGENT_VERSION } from "./version.ts";

/** Another agent already runs with this state folder. */
export class AlreadyRunning extends Error {}

/** Takes the folder: two agents with one identity would fight. The file names pid and start time, so a stale one does not count. */
function takeFolder(paths: StatePaths): void {
  const [pid, startTicks] = (readText(paths.pid) ?? "").split(" ").map(Number);
  if (pid && startTicks && pid !== process.pid) {
    const stat = statOf(pid);
    if (stat?.startTicks === startTicks && stat.state !== "Z")
      throw new AlreadyRunning(`an agent runs with this folder already: pid ${pid}`);
  }
  writeFileSync(paths.pid, `${process.pid} ${statOf(process.pid)?.startTicks ?? 0}\n`, { mode: 0o600 });
}

/** Kinds to look at when another changed: whether a runtime answers decides its module's state and whether its network is ready, containers decide which images are in use. */
const followers: { [K in FactKind]?: readonly FactKind[] } = {
  runtimes: ["modules", "containers", "cni"],
  containers: ["pods", "images"],
};

export type Agent = { stop: () => Promise<void>; link: Link };

/** Starts the agent. @throws when the node is not enrolled, the configuration is not understood, or another agent runs */
export function startAgent(stateFolder: string, configPath: string, log: Log): Agent {
  const config = loadAgentConfig(configPath);
  const paths = prepareState(stateFolder);
  const own = loadIdentity(paths);
  if (!own) throw new Error("this node is not enrolled: run the line that the console shows under Add node");
  takeFolder(paths);
  writeFileSync("/proc/self/comm", AGENT_COMM); // by this name an agent outside a nested node recognises it

  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  const memory = new MemoryFile(paths.memory);
  const freeze = new FreezeKeeper(paths.freeze, log);
  const spool = new Spool(paths.spool);
  const facts = new FactsOutbox();
  const runtimes = new RuntimeWatch();
  const table = new ProcessTableReader();
  const modules = new ModuleWatch(config, runtimes, memory.data);
  const logs = new LogWatch(memory, config);

  const context: CollectorContext = {
    config,
    paths,
    table,
    runtimes,
    modules,
    memory,
    logs,
    agentVersion: AGENT_VERSION,
    bootId,
    keeps: true,
    clockOffsetMs: () => link.state.clockOffsetMs,
    agent: () => ({
      spooled: spool.count,
      dropped: spool.dropped,
      reconnects: link.state.reconnects,
      failing: harness.failing,
      trust: {
        serial: own.trust.serial,
        certificateCa: issuerOf(own.identity.certificate, own.trust),
        isFrozen: freeze.isFrozen,
      },
    }),
    latest: (kind) => (facts.get(kind)?.data ?? null) as never, // the outbox holds what the collector of that kind gave
  };

  const harness = new Harness(paced(Object.values(collectors), config.looks), context, ({ kind, data, error, at }) => {
    const before = facts.get(kind);
    if (!facts.set(kind, data, error, at)) return;
    if (error !== null && before?.error !== error) log("warn", "a look failed", { kind, error });
    link.flushSoon();
    // Also after the first answer: a good copy of the CNI files is kept as soon as a runtime says that its network is ready.
    harness.hurry(followers[kind] ?? []);
  });

  const shells = new ShellKeeper({
    nodeId: own.identity.nodeId,
    isAllowed: config.shells.allow,
    send: (message) => link.shell(message),
    log,
  });
  const desk = new CommandDesk({
    shells,
    nodeId: own.identity.nodeId,
    journalFolder: paths.journal,
    keys: () => own.trust.commandKeys,
    isFrozen: () => freeze.isFrozen,
    context,
    log,
    isCrowded: () => spool.crowded,
    collect: (kinds) => harness.collect(kinds),
    accepted: (commandId) => link.accepted(commandId),
    report: (body) => {
      spool.append(body);
      link.flushSoon();
    },
  });

  const link = new Link({
    own,
    agentVersion: AGENT_VERSION,
    bootId,
    facts,
    spool,
    log,
    onTrust: (document) => {
      if (!takeTrust(own, document, paths, log)) return;
      renewal.lookSoon();
      tellOfAgent();
    },
    onFreeze: (told) => {
      if (freeze.apply(told, own.trust.commandKeys)) tellOfAgent();
      if (freeze.isFrozen) void shells.endAll("freeze");
    },
    onCommand: ({ command }) => desk.receive(command),
    onShell: (message) => (message.type === "shell-ack" ? shells.acknowledge(message) : shells.input(message)),
    onConnection: (isConnected) => shells.connection(isConnected),
    onCollect: ({ kinds }) =>
      void harness.collect(kinds).then(() => {
        facts.resend(kinds);
        link.flushSoon();
      }),
  });

  const sendEvents = (events: KernelEvent[]) => {
    try {
      spool.append({ type: "kernel-events", bootId, events });
      link.flushSoon();
    } catch (err) {
      log("warn", "kernel events lost", { count: events.length, error: messageOf(err) }); // a full disk must not end the agent
    }
  };
  const kernelLog = new KernelLog(memory, bootId, bootedAt(), sendEvents, (event) => logs.kernel(event));

  const housekeeping = setInterval(() => {
    try {
      memory.save();
      desk.retryReports();
      writeFileSync(paths.status, statusText(link, spool, own.identity.gateway, freeze.isFrozen), { mode: 0o600 });
    } catch (err) {
      log("warn", "state could not be saved", { error: messageOf(err) });
    }
  }, 5_000);
  const renewal = new RenewalClock({
    own,
    paths,
    log,
    isConnected: () => link.state.phase === "live",
    onRenewed: () => tellOfAgent(),
  });
  const tellOfAgent = () => void harness.collect(["agent"]).then(() => link.flushSoon());

  log("info", "agent starts", {
    version: AGENT_VERSION,
    node: own.identity.name,
    gateway: own.identity.gateway,
    pid: process.pid,
  });
  dropServiceHold();
  void shells.recover().catch((err: unknown) => log("error", "shells of before", { error: messageOf(err) }));
  desk.recover();
  link.start();
  renewal.start();
  const isKernelRead = kernelLog.start();
  logs.setKernel(isKernelRead);
  if (!isKernelRead) log("info", "the kernel log cannot be read here");
  void harness.start("runtimes");

  return {
    link,
    async stop() {
      clearInterval(housekeeping);
      renewal.stop();
      kernelLog.stop();
      logs.stop();
      harness.stop();
      await shells.endAll("agent");
      await desk.stop();
      await link.stop();
      memory.save();
      spool.close();
      runtimes.close();
      log("info", "agent stopped");
    },
  };
}

function statusText(link: Link, spool: Spool, gateway: string, isFrozen: boolean): string {
  const { phase, reason, attempt, reconnects, clockOffsetMs } = link.state;
  const status = {
    at: new Date().toISOString(),
    pid: process.pid,
    version: AGENT_VERSION,
    gateway,
    connection: phase,
    reason,
    attempt,
    isFrozen,
  };
  return `${JSON.stringify({ ...status, reconnects, clockOffsetMs, spooled: spool.count, spoolBytes: spool.bytes }, null, 2)}\n`;
}
