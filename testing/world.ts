// One of everything in one pool, and one of everything that belongs to the console: what the calls of the surface are about.
import { randomBytes, randomUUID } from "node:crypto";
import type { PrismaClient } from "../generated/prisma/client.ts";
import { singlePolicy } from "../rollout/policy.ts";
import { create, step } from "../rollout/step.ts";
import type { Event } from "../rollout/types.ts";
import { addPerson, type PersonRows } from "./actors.ts";

/** Things of one pool. Every name in it starts with the pool's, so that a leak can be found by text. */
export type Part = {
  pool: string;
  node: { id: string; name: string };
  /** Open, on `node`. */
  finding: string;
  /** Over, on `node`. */
  repair: string;
  /** Has a run that is under way. */
  busy: { id: string; name: string };
  running: string;
  /** Has a run that waits for approval. */
  asking: { id: string; name: string };
  waiting: string;
  container: string;
  /** Open, with the finding of `node` under it. */
  incident: string;
  /** Of the pool, in force; covers nothing of what is here. */
  mute: string;
  /** Over the pool. */
  patrol: string;
  /** A look at the pool that goes on. */
  patrolRun: string;
  /** Approved and not started, on `node`. */
  rollout: string;
  /** Somebody's cordon, on `busy`. */
  lease: string;
  /** Somebody's question about `node`, that nobody could answer. */
  diagnosisCase: string;
  /** A shell on `node` that somebody else asked for and has open. */
  shell: string;
  /** A debug report of `node` that is under way. */
  look: string;
};

/** Things of the console, which belong to nobody's part of the fleet. */
export type Console = {
  apiToken: string;
  joinToken: string;
  person: PersonRows;
  breakGlass: string;
  passkey: string;
  key: string;
  /** A check that was written here, a draft; its first version has been looked at nowhere. */
  customCheck: string;
  rolloutTemplate: string;
  /** An article that was written here and withdrawn: nothing can be done with this version but reading it. */
  article: { articleId: string; version: number };
};

/** All that a call can name. */
export type Things = Part & Console;

const plan = {
  evidence: { sections: ["kmsg"] },
  steps: [
    {
      title: { en: "Restart the runtime", zh: "重启运行时" },
      action: { type: "service.restart", params: { unit: "containerd.service" } },
    },
  ],
  touches: { en: "Restarts containerd.", zh: "重启 containerd。" },
  guards: [],
};

export async function addPart(prisma: PrismaClient, pool: string, at: Date): Promise<Part> {
  const name = () => `${pool}-node-${randomBytes(4).toString("hex")}`;
  const [node, busy, asking] = [0, 1, 2].map(() => ({ id: randomUUID(), name: name() })) as [
    Part["node"],
    Part["node"],
    Part["node"],
  ];
  const day = new Date(at.getTime() + 86_400_000);
  await prisma.node.createMany({
    data: [node, busy, asking].map((one) => ({
      ...one,
      pool,
      zone: `${pool}-zone`,
      labels: { part: `${pool}-label` },
      hostname: one.name,
      kernel: `${pool}-kernel`,
      runtimes: `${pool}-runtime`,
      state: "unhealthy",
      stateReason: `${pool}-reason`,
      stateSince: at,
      isConnected: true,
      enrolledAt: at,
      machineId: one.id,
      certificateSerial: "01",
      certificateExpiresAt: day,
      criticalCount: 1,
    })),
  });
  const findings = [node, busy, asking].map(({ id }) => ({
    id: randomUUID(),
    nodeId: id,
    checkId: "runtime-down",
    subject: `${pool}-subject`,
    state: "open",
    severity: "critical",
    reason: "not-answering",
    message: { en: `${pool}-message`, zh: `${pool}-message` },
    evidence: [],
    params: {},
    causeKey: `${pool}-cause`,
    liveKey: randomUUID(),
    firstSeenAt: at,
    openedAt: at,
    lastSeenAt: at,
  }));
  await prisma.finding.createMany({ data: findings });
  const run = { repairId: "start-runtime", risk: "disruptive", plan, planHash: "0".repeat(64), createdAt: at };
  const [repair, running, waiting] = [randomUUID(), randomUUID(), randomUUID()];
  const [look, shell] = [randomUUID(), randomUUID()];
  const [findingId = "", busyFinding = "", askingFinding = ""] = findings.map(({ id }) => id);
  const by = { requestedBy: "user:nobody" };
  await prisma.repair.createMany({
    data: [
      { ...run, ...by, id: repair, nodeId: node.id, findingId, state: "failed", endedAt: at },
      { ...run, ...by, id: running, nodeId: busy.id, findingId: busyFinding, state: "queued", activeKey: busy.id },
      {
        ...run,
        ...by,
        id: waiting,
        nodeId: asking.id,
        findingId: askingFinding,
        state: "awaiting",
        approveBy: day,
        activeKey: asking.id,
      },
      { ...run, ...by, id: look, repairId: "debug.report", nodeId: node.id, state: "running" },
      { ...run, ...by, id: shell, repairId: "debug.shell", nodeId: node.id, state: "succeeded", endedAt: at },
    ],
  });
  await addShell(prisma, pool, node.id, shell, at);
  const container = randomBytes(32).toString("hex");
  await prisma.container.create({
    data: {
      nodeId: node.id,
      runtime: "containerd",
      id: container,
      name: `${pool}-container`,
      image: `${pool}-image`,
      state: "running",
      createdAt: at,
    },
    select: { id: true },
  });
  await prisma.nodeInspection.create({
    data: {
      nodeId: node.id,
      checkedAt: at,
      dueAt: at,
      problems: { "runtime-down": at.getTime() },
      unknowns: { "conntrack-almost-full": { since: at.getTime(), reason: `${pool}-reason` } },
    },
    select: { nodeId: true },
  });
  await prisma.nodeStateChange.create({
    data: { nodeId: node.id, from: "unknown", to: "unhealthy", reason: `${pool}-reason`, at },
    select: { id: true },
  });
  const { patrol, patrolRun } = await addPatrol(prisma, pool, node.id, at);
  const { incident, mute } = await addJudgement(prisma, pool, findingId, at);
  const things = { pool, node, finding: findingId, repair, busy, running, asking, waiting, container, look, shell };
  const { rollout, lease } = await addRollout(prisma, pool, node.id, busy.id, at);
  const diagnosisCase = await addCase(prisma, pool, node, findingId, at);
  return { ...things, incident, mute, patrol, patrolRun, rollout, lease, diagnosisCase };
}

async function addShell(prisma: PrismaClient, pool: string, nodeId: string, id: string, at: Date): Promise<void> {
  const row = { id, nodeId, subject: `${pool}-subject`, minutes: 5, reason: `${pool}-reason`, state: "open" };
  const by = { requestedBy: "user:nobody", requestedByName: `${pool}-person`, createdAt: at, openedAt: at };
  await prisma.shell.create({ data: { ...row, ...by }, select: { id: true } });
  const printed = { shellId: id, seq: 1, atMs: 0, data: Buffer.from(`${pool}-printed`) };
  await prisma.shellOutput.create({ data: printed, select: { seq: true } });
}

async function addCase(prisma: PrismaClient, pool: string, node: Part["node"], findingId: string, at: Date) {
  const text = { en: `${pool}-verdict`, zh: `${pool}-verdict` };
  const none = { runtime: null, containerId: null, containerName: null, podNamespace: null, podName: null };
  const { id } = await prisma.diagnosisCase.create({
    data: {
      kind: "text",
      input: `${pool}-question`,
      nodeId: node.id,
      answer: {
        verdict: { side: "unsure", isWell: false, text, because: [] },
        causes: [],
        redacted: 0,
        chain: [],
        rpc: null,
        code: null,
        components: [],
        exitCodes: [],
        cutChars: 0,
        isCutShort: false,
        subject: { kind: "node", nodeId: node.id, nodeName: node.name, image: null, state: null, ...none },
        observations: [],
        findingIds: [findingId],
      },
      isKnown: false,
      side: "unsure",
      confidence: 0,
      template: `${pool}-question`,
      askedBy: "user:nobody",
      askedByName: `${pool}-person`,
      createdAt: at,
    },
    select: { id: true },
  });
  return id;
}

async function addRollout(prisma: PrismaClient, pool: string, nodeId: string, heldId: string, at: Date) {
  const params = { key: "vm.max_map_count", value: "262144" };
  const policy = singlePolicy();
  const waves = [{ domain: `${pool}-zone`, size: 1, skipped: 0 }];
  const by = { requestedBy: "user:nobody", requestedByName: `${pool}-person` };
  const targetHash = "0".repeat(64);
  const events: Event[] = [
    { type: "planned", at: at.getTime(), plan: { targetHash, waves }, isReversible: true },
    { type: "approved", at: at.getTime(), targetHash, by: ["user:nobody"] },
  ];
  const state = events.reduce((before, event) => step(before, event, policy).state, create());
  const { id: rollout } = await prisma.rollout.create({
    data: {
      title: `${pool}-rollout`,
      kind: "sysctl",
      change: { kind: "sysctl", params },
      changeHash: targetHash,
      where: { selector: `pool=${pool}` },
      policy: JSON.parse(JSON.stringify(policy)),
      policyHash: targetHash,
      risk: "disruptive",
      isReversible: true,
      seed: pool,
      targetHash,
      targetCount: 1,
      phase: state.phase,
      state: JSON.parse(JSON.stringify(state)),
      waveCount: 1,
      counts: {},
      createdAt: at,
      ...by,
      targets: {
        create: {
          nodeId,
          wave: 0,
          turn: 0,
          domain: `${pool}-zone`,
          state: "pending",
          healthBefore: "well",
          changedAt: at,
        },
      },
    },
    select: { id: true },
  });
  const { id: lease } = await prisma.lease.create({
    data: {
      nodeId: heldId,
      pool,
      kind: "cordon",
      owner: "user:nobody",
      ownerName: `${pool}-person`,
      reason: `${pool}-reason`,
      takenAt: at,
      expiresAt: new Date(at.getTime() + 3_600_000),
      activeKey: heldId,
    },
    select: { id: true },
  });
  return { rollout, lease };
}

/** What people and the product say about findings of the pool. */
async function addJudgement(prisma: PrismaClient, pool: string, finding: string, at: Date) {
  const { id: incident } = await prisma.incident.create({
    data: {
      causeKey: `${pool}-cause`,
      liveKey: randomUUID(),
      kind: "shared",
      title: { en: `${pool}-trouble`, zh: `${pool}-trouble`, inference: null },
      state: "open",
      severity: "critical",
      nodeCount: 1,
      findingCount: 1,
      peakNodeCount: 1,
      checkIds: ["runtime-down"],
      firstSeenAt: at,
      openedAt: at,
      lastSeenAt: at,
      findings: { connect: { id: finding } },
    },
    select: { id: true },
  });
  const by = { createdBy: "user:nobody", createdByName: `${pool}-person`, createdAt: at };
  const expiresAt = new Date(at.getTime() + 86_400_000);
  const { id: mute } = await prisma.mute.create({
    data: { checkId: "clock-off", selector: `pool=${pool}`, reason: `${pool}-quiet`, expiresAt, ...by },
    select: { id: true },
  });
  const mode = {
    mode: "observe",
    reason: `${pool}-mode`,
    setBy: "user:nobody",
    setByName: `${pool}-person`,
    setAt: at,
  };
  await prisma.checkMode.upsert({
    where: { checkId_pool: { checkId: "clock-off", pool } },
    create: { checkId: "clock-off", pool, ...mode },
    update: mode,
  });
  return { incident, mute };
}

async function addPatrol(prisma: PrismaClient, pool: string, nodeId: string, at: Date) {
  const by = { createdBy: "user:nobody", createdByName: "Nobody" };
  const { id: patrol } = await prisma.patrol.create({
    data: {
      name: `${pool}-patrol-${randomUUID()}`,
      selector: `pool=${pool}`,
      trigger: { type: "manual" },
      createdAt: at,
      updatedAt: at,
      ...by,
    },
    select: { id: true },
  });
  const { id: patrolRun } = await prisma.patrolRun.create({
    data: {
      purpose: "on-demand",
      selector: `pool=${pool}`,
      state: "running",
      nodeIds: [nodeId],
      requestedBy: "user:nobody",
      requestedByName: "Nobody",
      startedAt: at,
      dueAt: at,
    },
    select: { id: true },
  });
  return { patrol, patrolRun };
}

export async function addConsole(
  prisma: PrismaClient,
  auth: { secret: string; cookieName: string },
  at: Date,
): Promise<Console> {
  const person = await addPerson(prisma, at, auth, { role: "viewer" });
  const later = new Date(at.getTime() + 3_600_000);
  const joinToken = randomBytes(6).toString("hex");
  await prisma.joinToken.create({
    data: {
      id: joinToken,
      secretHash: "x",
      pool: "default",
      maxUses: 1,
      expiresAt: later,
      createdBy: "test",
      createdAt: at,
    },
    select: { id: true },
  });
  const { id: breakGlass } = await prisma.breakGlass.create({
    data: { userId: person.userId, reason: "test", createdAt: at, usedAt: at, expiresAt: at, endedAt: at },
    select: { id: true },
  });
  const key = randomBytes(32).toString("hex");
  await prisma.approvalKey.create({
    data: {
      id: key,
      type: "ed25519",
      person: `user:${person.userId}`,
      personName: "Test Person",
      publicKey: "x",
      state: "requested",
      requestedAt: at,
      changedAt: at,
    },
    select: { id: true },
  });
  const customCheck = await addCustomCheck(prisma, at);
  const { id: rolloutTemplate } = await prisma.rolloutTemplate.create({
    data: {
      name: randomUUID(),
      definition: {},
      createdBy: "user:nobody",
      createdByName: "Nobody",
      createdAt: at,
      updatedAt: at,
    },
    select: { id: true },
  });
  const article = { articleId: `cause/${randomUUID()}`, version: 1 };
  const written = { en: "text", zh: "", state: "withdrawn", author: "user:nobody", authorName: "Nobody" };
  await prisma.articleVersion.create({
    data: { ...article, ...written, createdAt: at, updatedAt: at },
    select: { version: true },
  });
  return {
    article,
    rolloutTemplate,
    apiToken: person.apiToken,
    joinToken,
    person,
    breakGlass,
    passkey: person.passkey,
    key,
    customCheck,
  };
}

/** A definition that compiles, with fixtures that hold. */
export const draftForTests = {
  title: { en: "Many restarts" },
  area: "runtime",
  severity: "warning",
  needs: ["modules"],
  problem: "modules.exists(m, m.restarts > 5)",
  message: { en: "A module was restarted often." },
  suggestion: { en: "Read its log." },
  fixtures: [
    { name: "often", facts: { modules: [{ restarts: 9 }] }, expect: ["node"] },
    { name: "never", facts: { modules: [{ restarts: 0 }] }, expect: "ok" },
  ],
};

async function addCustomCheck(prisma: PrismaClient, at: Date): Promise<string> {
  const id = `check-${[...randomBytes(12)].map((byte) => String.fromCharCode(97 + (byte % 26))).join("")}`;
  const by = { createdBy: "user:nobody", createdByName: "Nobody", createdAt: at };
  await prisma.customCheck.create({
    data: {
      id,
      state: "draft",
      version: 1,
      updatedAt: at,
      ...by,
      versions: { create: { version: 1, definition: draftForTests, ...by } },
    },
    select: { id: true },
  });
  return id;
}
