// Questions and answers on a real PostgreSQL, as the web process may read and write it: what is stored, whose it is, who sees it, what reviewers make of it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { parseCauseArticle } from "../../knowledge/cause-article.ts";
import { OwnCause } from "../../knowledge/own-cause.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { hexId } from "../../testing/facts.ts";
import { aWorkload } from "../../testing/facts-workload.ts";
import { addNode, contextWith } from "../../testing/fleet.ts";
import type { Role } from "../core/access.ts";
import type { Context } from "../core/context.ts";
import { askDiagnosis } from "./ask.ts";
import { getCase } from "./case.ts";
import { closeCases } from "./close.ts";
import { giveFeedback } from "./feedback.ts";
import { liveDiagnosis } from "./live.ts";
import { listMyCases } from "./mine.ts";
import { listMyApplications } from "./my-applications.ts";
import { proposeDraft } from "./propose.ts";
import { reviewCases } from "./review.ts";

let database: TestDatabase;
let db: PrismaClient;
const NOW = new Date("2026-03-01T12:00:00Z");
const MIB = 1_048_576;
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const nodes: Record<"a" | "b", string> = { a: "", b: "" };

/** Somebody with a role in one pool, or in the whole fleet. */
function as(role: Role, pool: "a" | "b" | "*", id = `${role}-${pool}`): Context {
  const ctx = contextWith(database.as("web"), [{ role, selector: pool === "*" ? "*" : `pool=${pool}` }], {
    now: () => NOW,
    name: id,
  });
  return { ...ctx, actor: { kind: "token", id, name: id, grants: ctx.actor.grants, scopes: null, ownerId: id } };
}
const uma = () => as("user", "a");

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  for (const pool of ["a", "b"] as const) {
    nodes[pool] = await addNode(db, { name: `node-${pool}1`, pool, kernel: "6.1.0", state: "healthy" });
    await db.node.update({ where: { id: nodes[pool] }, data: { isConnected: true } });
  }
});
afterAll(() => database.drop());
beforeEach(async () => {
  await db.diagnosisCase.deleteMany();
  await db.finding.deleteMany();
  await db.container.deleteMany();
  await db.nodeFact.deleteMany();
  await db.articleVersion.deleteMany();
});

type NewContainer = {
  word: string;
  pool?: "a" | "b";
  pod?: string;
  exitCode?: number;
  reason?: string;
  image?: string;
};
async function addContainer({
  word,
  pool = "a",
  pod,
  exitCode,
  reason,
  image = "app:1",
}: NewContainer): Promise<string> {
  const id = hexId(word);
  await db.container.create({
    data: {
      nodeId: nodes[pool],
      runtime: "containerd",
      id,
      name: word,
      podName: pod ?? null,
      podNamespace: pod ? "shop" : null,
      image,
      state: exitCode === undefined ? "running" : "exited",
      exitCode: exitCode ?? null,
      reason: reason ?? null,
      createdAt: ago(60),
      startedAt: ago(60),
      finishedAt: exitCode === undefined ? null : ago(2),
      memoryLimitBytes: 128 * MIB,
    },
    select: { id: true },
  });
  return id;
}

async function addFinding(checkId: string, pool: "a" | "b" = "a", subject = "containerd", severity = "critical") {
  const { id } = await db.finding.create({
    data: {
      nodeId: nodes[pool],
      checkId,
      subject,
      severity,
      state: "open",
      reason: "Reason",
      message: { en: `secret words of ${checkId}`, zh: "内部细节" },
      evidence: [],
      params: {},
      liveKey: `${nodes[pool]}/${checkId}/${subject}`,
      firstSeenAt: ago(5),
      openedAt: ago(5),
      lastSeenAt: NOW,
    },
    select: { id: true },
  });
  return id;
}

const FULL = "Mar  1 08:09:10 edge-7 kernel: nf_conntrack: nf_conntrack: table full, dropping packet";
const UNKNOWN = (name: string, number: number) =>
  `Mar  1 08:09:10 n1 frobd[${number}]: cannot align the flux capacitor of ${name}-${number}: drift too large to mend`;

describe("a pasted text", () => {
  test("is answered with places in what is stored, and stored without secrets", async () => {
    const text = `curl -H 'Authorization: Bearer abc.DEF-123456' https://bob:hunter2@registry/x\n${FULL}\n`;
    const answer = await askDiagnosis.call(uma(), { text });
    expect(answer).toMatchObject({
      isKnown: true,
      verdict: { side: "ours" },
      isYours: true,
      redacted: 2,
      state: "open",
    });
    const [first] = answer.causes;
    expect(first).toMatchObject({ id: "conntrack-full", basis: "proof", measured: { asked: 1, solved: 0 } });
    const [place] = first?.evidence ?? [];
    expect(answer.text.slice(place?.start, place?.end)).toMatch(/^nf_conntrack: .*table full/);
    const rows = await db.diagnosisCase.findMany();
    const trail = await db.auditEvent.findMany({ where: { action: "diagnosis.ask" } });
    expect(rows).toHaveLength(1);
    expect(trail.at(-1)).toMatchObject({ outcome: "done", entityId: answer.caseId });
    const kept = JSON.stringify([rows, trail], (_key, value) => (typeof value === "bigint" ? String(value) : value));
    for (const secret of ["abc.DEF-123456", "hunter2", "bob"]) expect(kept).not.toContain(secret);
    expect(await getCase.call(uma(), { id: answer.caseId })).toEqual(answer);
  });

  test("nobody knows is said, also where something is wrong on a node it names", async () => {
    await addFinding("clock-off", "a", "node", "warning");
    const answer = await askDiagnosis.call(uma(), { text: UNKNOWN("node-a1", 3) });
    expect(answer).toMatchObject({ isKnown: false, verdict: { side: "unsure", isWell: false }, causes: [] });
  });

  test("characters of two halves are kept whole wherever a text is cut", async () => {
    const faces = "\u{1f600}".repeat(3_000);
    for (const shift of ["", "x"]) {
      const text = `${shift}password=${faces} error: cannot mount${faces}: rpc error: code = Unknown desc = ${faces}: failed ${faces}`;
      const { caseId } = await askDiagnosis.call(uma(), { text });
      await giveFeedback.call(uma(), { caseId, feedback: "wrong" });
      expect(await proposeDraft.call(as("operator", "*"), { caseIds: [caseId] })).toMatchObject({ side: "either" });
    }
    expect(await db.diagnosisCase.count()).toBe(2);
  });

  test("exit codes are told with what they may also mean", async () => {
    const { exitCodes } = await askDiagnosis.call(uma(), { text: "Last State: Terminated\n Exit Code: 137" });
    expect(exitCodes).toMatchObject([{ code: 137, signal: "SIGKILL", side: "unsure" }]);
    expect(exitCodes[0]?.also?.zh).toContain("内存");
  });

  test("that names a container of one's own part is weighed with what is open there; a foreign one is not known", async () => {
    const own = await addContainer({ word: "web", pod: "web-6d4b75cb6d-x2v9k" });
    const foreign = await addContainer({ word: "other", pool: "b", pod: "other-6d4b75cb6d-x2v9k" });
    const finding = await addFinding("conntrack-table-full", "a", "node");
    const about = async (text: string) => (await askDiagnosis.call(uma(), { text })).subject;
    const byId = await askDiagnosis.call(uma(), { text: `${FULL} container ${own.slice(0, 12)}` });
    expect(byId.subject).toMatchObject({ kind: "container", nodeName: "node-a1", containerId: own });
    expect(byId.causes[0]?.openFindings).toEqual([finding]);
    expect(byId.findings).toMatchObject([{ id: finding, side: "ours", isPresent: true, detail: null }]);
    expect(byId.verdict.because[0]?.en).toContain("right now");
    expect(await about('pod "shop/web-6d4b75cb6d-x2v9k" fails')).toMatchObject({ kind: "pod", containerId: own });
    expect(await about("trouble on node-a1")).toMatchObject({ kind: "node", nodeName: "node-a1" });
    for (const text of [foreign, foreign.slice(0, 12), "pod other-6d4b75cb6d-x2v9k", "trouble on node-b1"])
      expect(await about(`${FULL} ${text}`)).toBeNull();
    expect(JSON.stringify(byId)).not.toContain("secret words");
  });

  test("where a cause may be either's, the open finding says whose it is", async () => {
    const id = await addContainer({ word: "forks" });
    const text = `runtime: failed to create new OS thread: resource temporarily unavailable; fork: retry: in container ${id}`;
    const before = await askDiagnosis.call(uma(), { text });
    expect(before).toMatchObject({ causes: [{ id: "pids-limit" }], verdict: { side: "either" } });
    await addFinding("container-pids-limit", "a", id, "warning");
    expect(await askDiagnosis.call(uma(), { text })).toMatchObject({ verdict: { side: "yours" } });
  });

  test("an open finding of the same thing moves a cause ahead of one that is only as likely", async () => {
    const text = `${FULL}\nMar  1 08:09:11 edge-7 kernel: neighbour: arp_cache: neighbor table overflow! on node-a1`;
    const before = await askDiagnosis.call(uma(), { text });
    await addFinding("neighbour-table-full", "a", "node", "warning");
    const after = await askDiagnosis.call(uma(), { text });
    const [first, second] = before.causes.map(({ id }) => id);
    expect([first, second].sort()).toEqual(["conntrack-full", "neigh-table-overflow"]);
    expect(after.causes[0]?.id).toBe("neigh-table-overflow");
  });
});

describe("a live question", () => {
  test("own limit reached: the container's; in plain words for users, with the runtime's for operators", async () => {
    const id = await addContainer({ word: "fat", exitCode: 137, reason: "OOMKilled" });
    const plain = await liveDiagnosis.call(uma(), { container: id.slice(0, 12) });
    expect(plain).toMatchObject({
      kind: "container",
      isKnown: true,
      text: "",
      verdict: { side: "yours", isWell: false },
    });
    expect(plain.causes[0]).toMatchObject({ id: "oom-kill", basis: "live" });
    expect(plain.exitCodes).toMatchObject([{ code: 137 }]);
    expect(plain.observations.map(({ label }) => label.en)).toContain("Exit code");
  });

  test("a trouble of the node explains it: ours, with what can be done; details are for staff", async () => {
    await addContainer({ word: "web", pod: "web-6d4b75cb6d-x2v9k" });
    const finding = await addFinding("lxcfs-dead", "a", "/var/lib/lxcfs");
    const asked = { podName: "web-6d4b75cb6d-x2v9k", podNamespace: "shop" };
    const forUser = await liveDiagnosis.call(uma(), asked);
    expect(forUser).toMatchObject({
      kind: "pod",
      verdict: { side: "ours" },
      findings: [{ id: finding, detail: null }],
    });
    expect(forUser.suggestions.map(({ repairId, way }) => [repairId, way])).toContainEqual([
      "reattach-lxcfs",
      "request",
    ]);
    const forOperator = await liveDiagnosis.call(as("operator", "a"), asked);
    expect(forOperator.findings[0]?.detail?.message.en).toContain("secret words");
    expect(new Set(forOperator.suggestions.map(({ way }) => way))).toEqual(new Set(["start"]));
    const forViewer = await liveDiagnosis.call(as("viewer", "a"), asked);
    expect(new Set(forViewer.suggestions.map(({ way }) => way))).toEqual(new Set(["none"]));
  });

  test("what the kernel says of it counts: a process killed in it, frozen from outside", async () => {
    const [killed, frozen] = [await addContainer({ word: "killed" }), await addContainer({ word: "frozen" })];
    const containers = [
      aWorkload({ id: killed, oomKills: 1, oomKilledAt: NOW.getTime() - 60_000 }),
      aWorkload({ id: frozen, isFrozen: true, frozenBy: null }),
    ];
    const none = { omitted: 0, restarts: [], users: [], opsAgents: [], startHooks: [], daemonStarts: [], advise: [] };
    await db.nodeFact.create({
      data: { nodeId: nodes.a, kind: "workload", hash: "1", data: { containers, ...none }, at: NOW, receivedAt: NOW },
    });
    expect(await liveDiagnosis.call(uma(), { container: killed })).toMatchObject({ verdict: { side: "yours" } });
    expect(await liveDiagnosis.call(uma(), { container: frozen })).toMatchObject({ verdict: { side: "ours" } });
  });

  test("the runtime's own words name the cause", async () => {
    const reason =
      'failed to create containerd task: exec: "/app/run": stat /app/run: no such file or directory: unknown';
    const id = await addContainer({ word: "nofile", exitCode: 128, reason });
    const answer = await liveDiagnosis.call(uma(), { container: id });
    expect(answer).toMatchObject({ verdict: { side: "yours" }, causes: [{ id: "exec-not-found" }] });
  });

  test("healthy is said, and so is a node that nobody sees", async () => {
    const id = await addContainer({ word: "well" });
    expect(await liveDiagnosis.call(uma(), { container: id })).toMatchObject({
      verdict: { side: "unsure", isWell: true },
    });
    await db.node.update({ where: { id: nodes.a }, data: { isConnected: false } });
    const unseen = await liveDiagnosis.call(uma(), { node: "node-a1" });
    await db.node.update({ where: { id: nodes.a }, data: { isConnected: true } });
    expect(unseen).toMatchObject({ kind: "node", isKnown: false, verdict: { side: "unsure", isWell: false } });
    expect(await liveDiagnosis.call(uma(), { node: "node-a1" })).toMatchObject({ verdict: { isWell: true } });
  });

  test("what is not in one's part is not there, and an id that fits two is asked for again", async () => {
    const foreign = await addContainer({ word: "foreign", pool: "b", pod: "foreign-0" });
    for (const asked of [
      { container: foreign },
      { podName: "foreign-0" },
      { node: "node-b1" },
      { container: hexId("absent") },
    ])
      await expect(liveDiagnosis.call(uma(), asked)).rejects.toMatchObject({ code: "not_found" });
    const id = await addContainer({ word: "twin" });
    await db.container.create({
      data: {
        nodeId: nodes.a,
        runtime: "docker",
        id: `${id.slice(0, 60)}ffff`,
        name: "twin-2",
        image: "x",
        state: "running",
        createdAt: NOW,
      },
    });
    await expect(liveDiagnosis.call(uma(), { container: id.slice(0, 12) })).rejects.toMatchObject({ code: "invalid" });
    expect(await liveDiagnosis.call(uma(), { container: id })).toMatchObject({ subject: { containerName: "twin" } });
  });
});

describe("whose a case is", () => {
  test("its asker's and the reviewers' of that part; rights that end take it away", async () => {
    const id = await addContainer({ word: "web" });
    const { caseId } = await liveDiagnosis.call(uma(), { container: id });
    const seen = (ctx: Context) => getCase.call(ctx, { id: caseId });
    expect((await seen(uma())).isYours).toBe(true);
    expect((await seen(as("operator", "a"))).isYours).toBe(false);
    expect((await seen(as("admin", "*"))).isYours).toBe(false);
    await expect(seen(as("user", "a", "colleague"))).rejects.toMatchObject({ code: "forbidden" });
    await expect(seen(as("viewer", "*"))).rejects.toMatchObject({ code: "forbidden" });
    for (const ctx of [as("user", "b"), as("operator", "b"), as("user", "b", "user-a")])
      await expect(seen(ctx)).rejects.toMatchObject({ code: "not_found" });
    expect((await listMyCases.call(uma(), {})).rows.map((row) => row.id)).toEqual([caseId]);
    expect((await listMyCases.call(as("user", "b", "user-a"), {})).total).toBe(0);
  });

  test("a text about no node is its asker's, and of those who review the whole fleet", async () => {
    const { caseId } = await askDiagnosis.call(uma(), { text: UNKNOWN("x", 1) });
    expect((await getCase.call(as("user", "b", "user-a"), { id: caseId })).isYours).toBe(true);
    expect((await getCase.call(as("operator", "*"), { id: caseId })).isYours).toBe(false);
    await expect(getCase.call(as("operator", "a"), { id: caseId })).rejects.toMatchObject({ code: "not_found" });
    expect((await reviewCases.call(as("operator", "a"), {})).total).toBe(0);
    await expect(reviewCases.call(uma(), {})).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("feedback", () => {
  test("counts for the cause, the last word stands, a closed case takes none", async () => {
    const { caseId } = await askDiagnosis.call(uma(), { text: FULL });
    const said = await giveFeedback.call(uma(), {
      caseId,
      feedback: "wrong",
      note: "password=hunter2",
      rightCause: "dns-loop",
    });
    expect(said.feedback).toMatchObject({ feedback: "wrong", rightCause: "dns-loop" });
    expect(said.feedback?.note).not.toContain("hunter2");
    const again = await giveFeedback.call(uma(), { caseId, feedback: "solved" });
    expect(again.causes[0]?.measured).toEqual({ asked: 1, solved: 1, notSolved: 0, wrong: 0 });
    await expect(
      giveFeedback.call(uma(), { caseId, feedback: "wrong", rightCause: "no-such-cause" }),
    ).rejects.toMatchObject({ code: "invalid" });
    await expect(giveFeedback.call(as("user", "a", "colleague"), { caseId, feedback: "solved" })).rejects.toMatchObject(
      {
        code: "not_found",
      },
    );
    await closeCases.call(as("operator", "*"), { caseIds: [caseId], as: { kind: "nothing" } });
    await expect(giveFeedback.call(uma(), { caseId, feedback: "wrong" })).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("review", () => {
  const olga = () => as("operator", "*");

  test("unknown texts that differ in names only are one group, wrong answers another", async () => {
    for (const number of [1, 2, 3]) await askDiagnosis.call(uma(), { text: UNKNOWN("web", number) });
    const known = await askDiagnosis.call(uma(), { text: FULL });
    expect((await reviewCases.call(olga(), {})).rows).toMatchObject([
      { count: 3, unknown: 3, wrong: 0, topCause: null },
    ]);
    await giveFeedback.call(uma(), { caseId: known.caseId, feedback: "wrong", rightCause: "dns-loop" });
    const wrong = await reviewCases.call(olga(), { kind: "wrong" });
    expect(wrong.rows).toMatchObject([
      { count: 1, wrong: 1, topCause: { id: "conntrack-full" }, rightCauses: [{ id: "dns-loop", count: 1 }] },
    ]);
    expect((await reviewCases.call(olga(), { search: "flux" })).total).toBe(1);
    expect((await reviewCases.call(olga(), { search: "no such words" })).total).toBe(0);
  });

  test("closing drafts an article whose signature fits these texts and no other cause's; published, it answers them", async () => {
    const ids: string[] = [];
    for (const number of [1, 2]) ids.push((await askDiagnosis.call(uma(), { text: UNKNOWN("web", number) })).caseId);
    const proposed = await proposeDraft.call(olga(), { caseIds: ids });
    expect(proposed.signature).toContain("flux capacitor");
    expect(proposed).toMatchObject({ fits: [expect.any(String), expect.any(String)], problems: [] });
    expect(await db.articleVersion.count()).toBe(0);
    const wish = { id: "flux-drift", side: "ours" as const, title: { en: "The capacitor drifts", zh: "电容漂移" } };
    const { closed, draft } = await closeCases.call(olga(), { caseIds: ids, as: { kind: "draft", draft: wish } });
    expect([closed, draft?.articleId, draft?.version]).toEqual([2, "cause/flux-drift", 1]);
    const stored = await db.articleVersion.findFirstOrThrow();
    expect(stored.state).toBe("draft");
    for (const language of ["en", "zh"] as const)
      expect(parseCauseArticle(stored[language], language)).toMatchObject({
        cause: "flux-drift",
        title: wish.title[language],
      });
    expect(OwnCause.parse(stored.cause)).toMatchObject({ side: "ours", signatures: [{ match: proposed.signature }] });
    expect((await reviewCases.call(olga(), {})).total).toBe(0);
    expect((await reviewCases.call(olga(), { state: "closed" })).total).toBe(1);
    const text = UNKNOWN("db", 77);
    expect((await askDiagnosis.call(uma(), { text })).isKnown).toBe(false);
    await db.articleVersion.updateMany({ data: { state: "published", updatedAt: new Date() } });
    const answer = await askDiagnosis.call(uma(), { text });
    expect(answer).toMatchObject({ isKnown: true, verdict: { side: "ours" } });
    expect(answer.causes[0]).toMatchObject({ id: "flux-drift", article: { title: wish.title } });
    await expect(
      closeCases.call(olga(), { caseIds: [answer.caseId], as: { kind: "draft", draft: { id: "flux-drift" } } }),
    ).rejects.toMatchObject({ code: "conflict" });
  });

  test("a published signature that cannot be used spoils nothing else", async () => {
    const cause = {
      side: "ours",
      signatures: [{ match: "(unclosed", strength: "proof" }],
      words: "",
      fits: [],
      fitsNot: [],
    };
    const text = { en: "---\ntitle: Bad\ncause: bad-one\n---\n", zh: "", author: "x", authorName: "x" };
    const at = new Date();
    await db.articleVersion.create({
      data: {
        articleId: "cause/bad-one",
        version: 1,
        ...text,
        cause,
        state: "published",
        createdAt: at,
        updatedAt: at,
      },
    });
    expect(await askDiagnosis.call(uma(), { text: FULL })).toMatchObject({ isKnown: true });
  });

  test("only of one's part, only what is there, only by who may write articles", async () => {
    const id = await addContainer({ word: "web" });
    const { caseId } = await liveDiagnosis.call(uma(), { container: id });
    const nothing = { kind: "nothing" } as const;
    await expect(closeCases.call(as("operator", "b"), { caseIds: [caseId], as: nothing })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(closeCases.call(uma(), { caseIds: [caseId], as: nothing })).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(
      closeCases.call(as("operator", "a"), { caseIds: [caseId], as: { kind: "draft" } }),
    ).rejects.toMatchObject({ code: "forbidden" });
    await expect(
      closeCases.call(olga(), { caseIds: [caseId], as: { kind: "cause", rightCause: "no-such" } }),
    ).rejects.toMatchObject({ code: "invalid" });
    const closed = await closeCases.call(as("operator", "a"), {
      caseIds: [caseId],
      as: { kind: "cause", rightCause: "oom-kill" },
    });
    expect(closed).toEqual({ closed: 1, draft: null });
    expect(await db.diagnosisCase.findFirst()).toMatchObject({
      state: "closed",
      rightCause: "oom-kill",
      reviewedByName: "operator-a",
    });
  });
});

test("my applications: of my part, those in trouble first, with peaks and what is wrong, searchable", async () => {
  const fat = await addContainer({ word: "fat", pod: "web-6d4b75cb6d-x2v9k", exitCode: 137, reason: "OOMKilled" });
  const thin = await addContainer({ word: "thin", pod: "web-6d4b75cb6d-zk8wq" });
  await addContainer({ word: "quiet", pod: "mysql-0", image: "mysql:8" });
  await addContainer({ word: "foreign", pool: "b", pod: "foreign-0" });
  await addFinding("container-oom-killed", "a", fat, "warning");
  const containers = [
    aWorkload({ id: thin, memoryLimitBytes: 100 * MIB, memoryUsedBytes: 20 * MIB, memoryPeakBytes: 90 * MIB }),
  ];
  await db.nodeFact.create({
    data: { nodeId: nodes.a, kind: "workload", hash: "2", data: { containers }, at: NOW, receivedAt: NOW },
  });
  const list = await listMyApplications.call(uma(), {});
  expect(list.rows.map(({ namespace, name, kind }) => [namespace, name, kind])).toEqual([
    ["shop", "web", "deployment"],
    ["shop", "mysql", "stateful-set"],
  ]);
  const [web] = list.rows;
  expect(web).toMatchObject({
    worst: "exited-badly",
    side: "yours",
    containers: { running: 1, exited: 1, waiting: 0, others: 0, total: 2 },
    memory: { limitBytes: 100 * MIB, peakBytes: 90 * MIB, ratio: 0.9 },
    findings: [{ checkId: "container-oom-killed", side: "yours", containers: 1 }],
  });
  expect(web?.members.map(({ id }) => id)).toEqual([fat, thin]);
  const found = async (search: string) =>
    (await listMyApplications.call(uma(), { search })).rows.map(({ name }) => name);
  expect(await found("mysql")).toEqual(["mysql"]);
  expect(await found(thin.slice(0, 12))).toEqual(["web"]);
  expect(await found("foreign")).toEqual([]);
  expect((await listMyApplications.call(uma(), { page: 2, pageSize: 1 })).rows.map(({ name }) => name)).toEqual([
    "mysql",
  ]);
});
