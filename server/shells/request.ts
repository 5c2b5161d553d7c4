// Asks for a shell. Nothing opens yet: somebody else signs the plan, the dispatcher's policy must allow it, and the node's own configuration too.
import { v7 as uuidv7 } from "uuid";
import { type CommandParams, ShellNamespace } from "../../protocol/commands.ts";
import { SHELL_BYTES_MAX } from "../../protocol/constants.ts";
import type { DebugReport } from "../../protocol/debug.ts";
import { actorRef, type Tx } from "../core/context.ts";
import { AppError, noSuch } from "../core/errors.ts";
import type { Scope } from "../core/scope.ts";
import { mutation } from "../core/verb.ts";
import { reportIn } from "../debug/get.ts";
import { createLook } from "../debug/run.ts";
import { refuseWhileFrozen } from "../freeze/frozen.ts";
import { REPORT, SHELL } from "../repairs/looks.ts";
import { policyOf } from "./policy.ts";
import { REPORT_FRESH_MS, RequestShell, SHELLS_EACH_MAX } from "./schema.ts";

type Target = Pick<CommandParams<"shell.open">, "containerId" | "process" | "namespaces"> & { subject: string };

const conflict = (message: string, publicMessage: string): AppError =>
  new AppError("conflict", message, { publicMessage });

/** The container's first process, by the report: the agent proves that it is still that one before it enters. */
export function firstProcess(report: DebugReport): { pid: number; startTicks: number } | null {
  const living = (report.processes.value?.list ?? []).filter(({ state }) => state !== "Z" && state !== "X");
  const [first] = living.sort(
    (a, b) => Number(b.innerPid === 1) - Number(a.innerPid === 1) || a.startTicks - b.startTicks || a.pid - b.pid,
  );
  return first ? { pid: first.pid, startTicks: first.startTicks } : null;
}

/** What of a container a shell enters. @throws AppError("conflict") when the report names nothing to enter */
async function containerTarget(
  { tx, scope, now }: { tx: Tx; scope: Scope; now: Date },
  { nodeId, reportId, namespaces }: { nodeId: string; reportId: string; namespaces: readonly ShellNamespace[] },
): Promise<Target> {
  await scope.repair(tx, reportId);
  const run = await tx.repair.findUniqueOrThrow({
    where: { id: reportId },
    select: { nodeId: true, repairId: true, commands: { select: { result: true }, take: 1 } },
  });
  if (run.repairId !== REPORT || run.nodeId !== nodeId) throw noSuch("repair", reportId);
  const report = reportIn(run.commands[0]?.result);
  if (!report || report.containerId === null)
    throw conflict(`report ${reportId} is of no container`, "That report is not about a container.");
  if (now.getTime() - report.at > REPORT_FRESH_MS)
    throw conflict(`report ${reportId} is old`, "That report is more than an hour old. Look again first.");
  if (report.sandbox === "gvisor" || report.sandbox === "kata")
    throw conflict(
      `${report.sandbox}: nothing to enter`,
      "What runs inside this container cannot be entered from the node: its sandbox keeps it apart. A shell on the node shows the sandbox itself.",
    );
  const process = firstProcess(report);
  if (!process) throw conflict("no process to enter", "The report shows no living process of this container.");
  const { containerId } = report;
  return { containerId, process, namespaces: [...namespaces], subject: report.container.value?.name ?? containerId };
}

/** @throws AppError("conflict") when the console does not allow it, or they have enough of them */
async function refuseBeyond(tx: Tx, who: string, minutes: number): Promise<void> {
  const policy = await policyOf(tx);
  if (policy.isAllowed === false)
    throw conflict(
      "the dispatcher's policy allows no shells",
      "Shells are not allowed on this console. Whoever administers its host can allow them: ./nodeops up --allow-shells.",
    );
  if (minutes > policy.maxMinutes)
    throw conflict(
      `more than ${policy.maxMinutes} minutes`,
      `Shells may stay open for ${policy.maxMinutes} minutes here.`,
    );
  const own = await tx.shell.findMany({
    where: { requestedBy: who, state: { in: ["awaiting", "open"] } },
    select: { id: true, state: true },
  });
  const waiting = own.filter(({ state }) => state === "awaiting").map(({ id }) => id);
  const over = await tx.repair.count({ where: { id: { in: waiting }, state: { in: ["failed", "cancelled"] } } });
  if (own.length - over >= SHELLS_EACH_MAX)
    throw conflict(
      `${SHELLS_EACH_MAX} shells`,
      `You have asked for ${SHELLS_EACH_MAX} shells already. Stop one of them first.`,
    );
}

export const requestShell = mutation({
  name: "shells.request",
  access: "shells:open",
  on: "node",
  stepUp: true,
  input: RequestShell,
  async run({ tx, actor, now, scope }, { node, report, namespaces, minutes, reason }) {
    const nodeId = await scope.node(tx, node);
    await refuseWhileFrozen(tx);
    await refuseBeyond(tx, actorRef(actor), minutes);
    const { name } = await tx.node.findUniqueOrThrow({ where: { id: nodeId }, select: { name: true } });
    const wanted = namespaces ?? ShellNamespace.options;
    if (report !== undefined && wanted.length === 0)
      throw new AppError("invalid", "no namespaces", { publicMessage: "Choose what of the container to enter." });
    const target: Target =
      report === undefined
        ? { process: null, namespaces: [], subject: name }
        : await containerTarget({ tx, scope, now: now() }, { nodeId, reportId: report, namespaces: wanted });
    const { subject, ...params } = target;
    const id = uuidv7();
    const at = now();
    const where = {
      en:
        report === undefined ? `on the node ${name}` : `in the container ${subject} (${params.namespaces.join(", ")})`,
      zh: report === undefined ? `在节点 ${name} 上` : `在容器 ${subject} 中（${params.namespaces.join("、")}）`,
    };
    const started = await createLook(
      tx,
      actor,
      {
        id,
        repairId: SHELL,
        nodeId,
        nodeName: name,
        action: {
          type: "shell.open",
          params: { ...params, shellId: id, seconds: minutes * 60, maxBytes: SHELL_BYTES_MAX },
        },
        title: {
          en: `Open a shell as root ${where.en} for ${minutes} min`,
          zh: `${where.zh}打开 root 终端 ${minutes} 分钟`,
        },
        touches: {
          en: `Whoever types can change anything there. Recorded, ended after ${minutes} min. Reason given: ${reason}`,
          zh: `输入者可以更改其中任何内容。全程录制，${minutes} 分钟后结束。理由：${reason}`,
        },
        subject: params.containerId ?? "",
      },
      at,
    );
    await tx.shell.create({
      data: {
        ...{ id, nodeId, subject, minutes, reason, namespaces: params.namespaces, state: "awaiting", createdAt: at },
        ...{ containerId: params.containerId ?? null, requestedBy: actorRef(actor), requestedByName: actor.name },
      },
      select: { id: true },
    });
    const after = { subject, container: params.containerId ?? null, namespaces: params.namespaces, minutes, reason };
    return {
      result: { id: started.id },
      audit: { entity: ["shell", id] as const, nodeId, after },
      changes: [
        { domain: "shells" as const, ids: [id] },
        { domain: "approvals" as const, ids: [id] },
      ],
    };
  },
});
