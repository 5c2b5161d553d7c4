// Enrolment over real HTTPS: a use is a use however many ask at once, only from where it may be, and no storm of it delays a heartbeat.
import { Agent } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EnrolResponse } from "../protocol/messages.ts";
import { isFrom } from "../server/agents/enrol.ts";
import { listJoinTokens } from "../server/agents/list-join-tokens.ts";
import { revokeJoinToken } from "../server/agents/revoke-join-token.ts";
import { call, enrolAt, joinSession, makeRequest } from "./testing/agent-client.ts";
import { startTestGateway, type TestGateway } from "./testing/gateway.ts";

let own: TestGateway;
let csr: string;
beforeAll(async () => {
  own = await startTestGateway();
  ({ csr } = await makeRequest());
});
afterAll(() => own.stop());

/** One request with a key that all of them share: what is tried here is the token. */
async function ask(token: string, name: string, agent?: Agent): Promise<EnrolResponse> {
  const body = { token, csr, name, machineId: `m-${name}`, bootId: "b", agentVersion: "0" };
  return EnrolResponse.parse(
    JSON.parse((await call(own.gateway.port, "/v1/enrol", { method: "POST", body, agent })).text),
  );
}
const outcome = (answer: EnrolResponse) => (answer.ok ? "ok" : answer.code);
const idOf = (token: string): string =>
  JSON.parse(Buffer.from(token.slice("nodeops1.".length), "base64url").toString()).id;
const usesOf = async (token: string) =>
  (await listJoinTokens.call(own.ctx, {})).find(({ id }) => id === idOf(token))?.uses;

test("of 1,000 uses of a single-use token at once exactly one wins", async () => {
  const token = await own.token({ pool: "edge", labels: { zone: "z1" } });
  const answers = await Promise.all(Array.from({ length: 1_000 }, (_, i) => ask(token, `rush-${i}`)));
  const counts = Object.groupBy(answers, outcome);
  expect(counts.ok).toHaveLength(1);
  expect((counts["used-up"]?.length ?? 0) + (counts.overload?.length ?? 0)).toBe(999);
  const nodes = await own.prisma.node.findMany({ where: { name: { startsWith: "rush-" } } });
  expect(nodes).toMatchObject([{ pool: "edge", zone: "z1" }]);
  expect(await usesOf(token)).toBe(1);
}, 120_000);

test("a token is stored as a hash only", async () => {
  const token = await own.token();
  const { secret } = JSON.parse(Buffer.from(token.slice("nodeops1.".length), "base64url").toString());
  const { rows } = await own.db.pool.query("SELECT row_to_json(t)::text AS row FROM join_token t");
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter(({ row }) => row.includes(secret))).toEqual([]);
});

test("a token for certain networks is refused elsewhere, loses no use by it, and the attempt is in the trail", async () => {
  const elsewhere = await own.token({ cidrs: ["10.20.0.0/16", "2001:db8::/32"] });
  expect(await ask(elsewhere, "elsewhere")).toMatchObject({ ok: false, code: "wrong-network" });
  expect(await usesOf(elsewhere)).toBe(0);
  expect(
    await own.prisma.auditEvent.findMany({
      where: { action: "agents.enrol", outcome: "refused" },
      orderBy: { at: "desc" },
      take: 1,
    }),
  ).toMatchObject([{ address: expect.stringContaining("127.0.0.1") }]);
  expect(await ask(await own.token({ cidrs: ["10.20.0.0/16", "127.0.0.1"] }), "at-home")).toMatchObject({ ok: true });
  await expect(own.token({ cidrs: ["everywhere"] })).rejects.toMatchObject({ code: "invalid" });
});

test.each([
  [[], "192.0.2.1", true],
  [["192.0.2.0/24"], "192.0.2.200", true],
  [["192.0.2.0/24"], "::ffff:192.0.2.200", true],
  [["192.0.2.0/24"], "192.0.3.1", false],
  [["2001:db8::/32"], "2001:db8:1::1", true],
  [["2001:db8::/32"], "192.0.2.1", false],
  [["::/0"], "192.0.2.1", false],
  [["not a network"], "192.0.2.1", false],
  [["192.0.2.0/24"], "", false],
])("%j admits %s: %s", (cidrs, address, isAdmitted) => {
  expect(isFrom(cidrs, address)).toBe(isAdmitted);
});

test("expired and revoked tokens admit nobody", async () => {
  const expired = await own.token({ expiresInMinutes: 1 });
  await own.prisma.joinToken.update({
    where: { id: idOf(expired) },
    data: { expiresAt: new Date(Date.now() - 1_000) },
  });
  expect(await ask(expired, "late")).toMatchObject({ code: "expired" });
  const revoked = await own.token();
  await revokeJoinToken.call(own.ctx, { id: idOf(revoked) });
  expect(await ask(revoked, "banned")).toMatchObject({ code: "bad-token" });
});

test("heartbeats go on while 2,000 machines storm the door", async () => {
  const agents = await Promise.all(
    Array.from({ length: 10 }, async (_, i) => joinSession(own.gateway.port, await own.enrol(`steady-${i}`))),
  );
  const token = await own.token({ maxUses: 50 });
  const connections = new Agent({ keepAlive: true, maxSockets: 300 }); // more than the gateway lets wait
  let answered = 0;
  let isOver = false;
  const one = async (i: number) => {
    await ask(token, `storm-${i}`, connections).catch(() => undefined); // turned away is an answer too
    answered += 1;
  };
  const storm = Promise.all(Array.from({ length: 2_000 }, (_, i) => one(i))).then(() => {
    isOver = true;
  });
  let worst = 0;
  let beats = 0;
  while (!isOver) {
    const before = answered;
    await Promise.all(
      agents.map(async ({ client }) => {
        client.send({ type: "heartbeat", at: beats, spooled: 0 });
        await client.next("pulse");
      }),
    );
    worst = Math.max(worst, answered - before);
    beats += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await storm;
  connections.destroy();
  expect(beats).toBeGreaterThan(10);
  // No heartbeat waited for more than a part of the storm; behind its queue it would have waited for all of it.
  expect(worst).toBeLessThan(1_000);
  expect(await own.prisma.node.count({ where: { name: { startsWith: "storm-" } } })).toBe(50);
  for (const { client } of agents) client.close();
}, 120_000);

test("strangers who guess are turned away, nodes go on renewing", async () => {
  const { identity } = await enrolAt(own.gateway.port, { token: await own.token(), name: "renews" });
  if (!identity) throw new Error("refused");
  const guesses = await Promise.all(Array.from({ length: 60 }, () => ask("nodeops1.e30", "guess")));
  expect(new Set(guesses.map(outcome))).toContain("bad-token");
  expect(outcome(await ask(await own.token(), "also-waits"))).toBe("overload");
  const renewed = await call(own.gateway.port, "/v1/renew", { method: "POST", body: { csr }, identity });
  expect(JSON.parse(renewed.text)).toMatchObject({ ok: true });
});
