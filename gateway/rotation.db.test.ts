// Signing key and CA are changed under real agents' links: nobody is lost, nothing restarts, and what was dropped is worth nothing.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { authenticate } from "../agent/commands/verify.ts";
import { silentLog } from "../agent/host/log.ts";
import { takeTrust } from "../agent/link/trust.ts";
import { prepareState } from "../agent/state.ts";
import { trustFromJson } from "../protocol/trust.ts";
import { caFingerprint, loadTrust, signTrust } from "../server/trust/document.ts";
import { ensureTrust } from "../server/trust/ensure.ts";
import { finish, introduce } from "../server/trust/rotate.ts";
import { loadSigningKey } from "../server/trust/signing.ts";
import { trustStatusOf } from "../server/trust/status.ts";
import { connectAs } from "./testing/agent-client.ts";
import { startTestGateway, type TestGateway } from "./testing/gateway.ts";
import { type RealAgent, startRealAgent } from "./testing/real-agent.ts";

let own: TestGateway;
const agents: RealAgent[] = [];
beforeAll(async () => {
  own = await startTestGateway();
});
afterAll(async () => {
  for (const agent of agents) await agent.remove();
  await own.stop();
});

async function agentNamed(name: string): Promise<RealAgent> {
  const gateway = `https://127.0.0.1:${own.gateway.port}`;
  const agent = await startRealAgent({ gateway, token: await own.token(), name });
  agents.push(agent);
  await expect.poll(agent.isLive, { timeout: 10_000 }).toBe(true);
  return agent;
}

const WAIT = { timeout: 15_000 };
const present = () => loadTrust(own.dataDir)().content;
const behind = async () => (await trustStatusOf(loadTrust(own.dataDir)).call(own.ctx, {})).nodes.behind;
const file = (name: string) => readFileSync(join(own.dataDir, name), "utf8");
const issuer = (agent: RealAgent) => {
  const certificate = new X509Certificate(agent.own.identity.certificate);
  return present().cas.find((pem) => certificate.verify(new X509Certificate(pem).publicKey));
};

test("the signing key is changed: connected agents follow both steps, one that was away follows from the last", async () => {
  const [here, away] = [await agentNamed("here"), await agentNamed("away")];
  const tokenOfBefore = await own.token();
  await expect.poll(behind, WAIT).toEqual([]);
  await away.disconnect();
  const old = loadSigningKey(own.dataDir)();
  await introduce(own.dataDir, "signing", new Date());
  await expect(introduce(own.dataDir, "signing", new Date())).rejects.toThrow("under way");
  const fresh = loadSigningKey(own.dataDir)();
  await expect
    .poll(() => Object.keys(here.own.trust.commandKeys).sort(), WAIT)
    .toEqual([old.keyId, fresh.keyId].sort());
  await expect.poll(behind, WAIT).toEqual(["away"]);
  await startRealAgent({ gateway: here.own.identity.gateway, token: tokenOfBefore, name: "old-token" }).then((one) =>
    agents.push(one),
  );

  finish(own.dataDir, "signing", new Date());
  await expect.poll(() => Object.keys(here.own.trust.commandKeys), WAIT).toEqual([fresh.keyId]);
  expect(file("secrets/dispatcher/dispatch.key").match(/BEGIN/g)).toHaveLength(1);
  expect(here.sessions()).toBe(1); // it was never cut

  away.connect();
  await expect.poll(() => Object.keys(away.own.trust.commandKeys), WAIT).toEqual([fresh.keyId]);
  await expect.poll(behind, WAIT).toEqual([]);
  expect(() => finish(own.dataDir, "signing", new Date())).toThrow("no rotation");
  const trail = await own.prisma.auditEvent.findMany({ where: { action: "trust.change" }, orderBy: { at: "asc" } });
  expect(trail.map(({ entityId }) => entityId)).toEqual(["2", "3"]);

  // The dropped key: neither a command nor a document of its is believed.
  const command = { payload: new Uint8Array([1]), keyId: old.keyId, signature: new Uint8Array(64) };
  expect(authenticate(command, here.own.trust.commandKeys, "n")).toMatchObject({ ok: false, code: "unknown-key" });
  const back = { ...present(), serial: 99, commandKeys: { [old.keyId]: old.publicKey }, signer: old.keyId };
  const forged = trustFromJson(signTrust(back, [old]));
  expect(takeTrust(structuredClone(here.own), forged, prepareState(own.dataDir), silentLog)).toBe(false);
});

test("the CA is changed: agents renew by themselves, both sides move to the new one, and the older one names nobody", async () => {
  const agent = await agentNamed("ca-node");
  const before = { ...agent.own.identity, key: agent.own.keyPem, ca: agent.own.trust.cas };
  const old = present().cas[0] ?? "";
  await introduce(own.dataDir, "ca", new Date());
  const [fresh = ""] = present().cas;
  await expect.poll(() => issuer(agent), WAIT).toBe(fresh);
  await expect.poll(behind, WAIT).toEqual([]);
  const between = await agentNamed("joined-in-between");
  expect(issuer(between)).toBe(fresh);

  finish(own.dataDir, "ca", new Date());
  await expect.poll(() => agent.own.trust.cas, WAIT).toEqual([fresh]);
  // The session that the older CA vouched for is asked to come back, the other one is not.
  await expect.poll(agent.sessions, WAIT).toBe(2);
  await expect.poll(agent.isLive, WAIT).toBe(true);
  expect(between.sessions()).toBe(1);
  for (const one of agents) {
    await one.disconnect();
    one.connect();
    await expect.poll(one.isLive, WAIT).toBe(true); // over new certificates on both sides
  }
  expect(caFingerprint(issuer(await agentNamed("joined-after")) ?? "")).toBe(caFingerprint(fresh));

  await expect(connectAs(own.gateway.port, { ...before, ca: [fresh] })).rejects.toThrow("HTTP 401");
  await expect(connectAs(own.gateway.port, { ...before, ca: [old] })).rejects.toThrow(/issuer|verify|self.signed/i);
  expect(file("secrets/gateway/ca.pem").match(/BEGIN CERT/g)).toHaveLength(1);
  expect(file("public/ca.crt").trim()).toBe(fresh.trim());
  await own.restart();
  expect((await ensureTrust(own.dataDir, new Date())).content).toEqual(present());
});
