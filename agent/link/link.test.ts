// Enrolment and sessions over real TLS against a small gateway: whom the agent trusts, and that nothing is lost or doubled across cuts.
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentToGateway } from "../../protocol/messages.ts";
import { silentLog } from "../host/log.ts";
import { join } from "../join.ts";
import { Spool } from "../spool/spool.ts";
import { loadIdentity, statePaths } from "../state.ts";
import { makeCsr, makeKey } from "./csr.ts";
import { FactsOutbox } from "./facts-outbox.ts";
import { makeAuthority, readCsr, startTestGateway, type TestGateway } from "./gateway.fixture.ts";
import { Link } from "./link.ts";
import { isRenewalDue } from "./renew.ts";
import { parseJoinToken } from "./token.ts";

let folder: string;
let gateway: TestGateway;
const links: Link[] = [];

beforeEach(() => {
  folder = mkdtempSync(path(tmpdir(), "nodeops-link-"));
});
afterEach(async () => {
  for (const link of links.splice(0)) await link.stop();
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

const enrol = (over: object = {}) =>
  join({ gateway: gateway.url, token: gateway.token, name: "n1", stateFolder: folder, ...over });

async function openLink(spool: Spool, facts = new FactsOutbox()): Promise<Link> {
  if (!loadIdentity(statePaths(folder))) await enrol();
  const own = loadIdentity(statePaths(folder));
  if (!own) throw new Error("not enrolled");
  const link = new Link({
    own,
    agentVersion: "0.0.0",
    bootId: "b",
    facts,
    spool,
    log: silentLog,
    onTrust: () => undefined,
    onFreeze: () => undefined,
    onCommand: () => undefined,
    onCollect: () => undefined,
  });
  links.push(link);
  link.start();
  return link;
}

const note = (n: number) => ({
  type: "progress" as const,
  commandId: "0191d3a0-0000-7000-8000-000000000002",
  at: n,
  message: `m${n}`,
});
const durable = (heard: AgentToGateway[]): number[] => heard.flatMap((m) => (m.type === "durable" ? [m.seq] : []));

describe("enrolment", () => {
  it("keeps identity and key to root, and a second join asks nobody", async () => {
    gateway = await startTestGateway();
    const first = await enrol();
    expect(first.already).toBe(false);
    const paths = statePaths(folder);
    expect([paths.key, paths.identity].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const own = loadIdentity(paths);
    expect(new X509Certificate(own?.identity.certificate ?? "").subject).toBe(`CN=${first.identity.nodeId}`);
    expect(await enrol({ gateway: "https://127.0.0.1:1" })).toMatchObject({ already: true });
  });

  it("sends its token to no gateway of another authority", async () => {
    gateway = await startTestGateway({ tokenCa: await makeAuthority() });
    await expect(enrol()).rejects.toMatchObject({ code: "untrusted" });
  });

  it("sends its token to no gateway of another name", async () => {
    gateway = await startTestGateway({ serverName: "gateway.example.org" });
    await expect(enrol()).rejects.toMatchObject({ code: "untrusted" });
  });

  it("tells the gateway's refusal", async () => {
    gateway = await startTestGateway();
    const token = gateway.token;
    gateway.token = "nodeops1.other";
    await expect(enrol({ token })).rejects.toMatchObject({ code: "bad-token" });
  });

  it("tells when nobody is there", async () => {
    gateway = await startTestGateway();
    await expect(enrol({ gateway: "https://127.0.0.1:1" })).rejects.toMatchObject({ code: "unreachable" });
  });

  it("reads tokens and says what is wrong with others", async () => {
    gateway = await startTestGateway();
    expect(parseJoinToken(` ${gateway.token}\n`)).toMatchObject({ id: "t1", secret: "s" });
    for (const bad of ["", "abc", "nodeops1.", "nodeops1.e30", gateway.token.slice(0, 40)])
      expect(() => parseJoinToken(bad)).toThrow(/token/);
  });

  it("makes requests that others can verify", async () => {
    gateway = await startTestGateway();
    expect(await readCsr(makeCsr(makeKey(), "n1"))).toEqual({ verified: true, subject: "CN=n1" });
  });
});

describe("session", () => {
  it("greets, beats and measures the clock", async () => {
    gateway = await startTestGateway();
    const link = await openLink(new Spool(path(folder, "spool")));
    await expect.poll(() => link.state.clockOffsetMs, { timeout: 10_000 }).not.toBeNull();
    expect(gateway.heard[0]).toMatchObject({ type: "hello", v: 1, bootId: "b" });
    expect(Math.abs(link.state.clockOffsetMs ?? 1e9)).toBeLessThan(1_000);
  });

  it("sends only facts whose hash the gateway lacks, before and after a cut", async () => {
    gateway = await startTestGateway();
    const facts = new FactsOutbox();
    facts.set("limits", { a: 1 }, null, 1);
    facts.set("sysctls", { b: "1" }, null, 1);
    const link = await openLink(new Spool(path(folder, "spool")), facts);
    await expect.poll(() => Object.keys(gateway.hashes).sort(), { timeout: 10_000 }).toEqual(["limits", "sysctls"]);
    const before = gateway.heard.filter((m) => m.type === "facts").length;
    gateway.cut();
    await expect.poll(() => gateway.sessions, { timeout: 10_000 }).toBe(2);
    facts.set("limits", { a: 2 }, null, 2);
    await expect.poll(() => link.state.phase, { timeout: 10_000 }).toBe("live");
    link.flushSoon();
    await expect
      .poll(
        () =>
          gateway.heard
            .filter((m) => m.type === "facts")
            .slice(before)
            .flatMap((m) => (m.type === "facts" ? m.items.map((i) => i.kind) : [])),
        { timeout: 10_000 },
      )
      .toEqual(["limits"]);
  });

  it("delivers every durable frame, in order, over cuts and without acknowledgements in between", async () => {
    gateway = await startTestGateway();
    gateway.acks = false;
    const spool = new Spool(path(folder, "spool"));
    for (let n = 1; n <= 5; n++) spool.append(note(n));
    const link = await openLink(spool);
    await expect.poll(() => durable(gateway.heard), { timeout: 10_000 }).toEqual([1, 2, 3, 4, 5]);
    gateway.ackedSeq = 3; // stored before the cut, the acknowledgement was lost
    gateway.acks = true;
    gateway.cut();
    spool.append(note(6));
    await expect.poll(() => durable(gateway.heard).slice(5), { timeout: 10_000 }).toEqual([4, 5, 6]);
    await expect.poll(() => spool.count, { timeout: 10_000 }).toBe(0);
    expect(link.state.reconnects).toBe(1);
  });

  it("keeps no more than the window ahead of acknowledgements", async () => {
    gateway = await startTestGateway();
    gateway.acks = false;
    const spool = new Spool(path(folder, "spool"));
    for (let n = 1; n <= 200; n++) spool.append(note(n));
    await openLink(spool);
    await expect.poll(() => durable(gateway.heard).length, { timeout: 10_000 }).toBe(64);
    gateway.send({ type: "ack", seq: 64 });
    await expect.poll(() => durable(gateway.heard).at(-1), { timeout: 10_000 }).toBe(128);
  });

  it("comes back late after a refusal without a time", async () => {
    gateway = await startTestGateway();
    const link = await openLink(new Spool(path(folder, "spool")));
    await expect.poll(() => link.state.phase, { timeout: 10_000 }).toBe("live");
    gateway.send({ type: "refused", code: "revoked", message: "removed", retryAfterMs: null });
    await expect.poll(() => link.state.phase).toBe("waiting");
    expect(link.state.until - performance.now()).toBeGreaterThan(800_000);
    expect(gateway.sessions).toBe(1);
  });

  it("does not talk to a gateway with another authority's certificate", async () => {
    gateway = await startTestGateway();
    await enrol();
    const identity = readFileSync(statePaths(folder).identity, "utf8");
    await gateway.close();
    const other = await startTestGateway();
    writeFileSync(statePaths(folder).identity, identity.replace(/"gateway": "[^"]*"/, `"gateway": "${other.url}"`));
    gateway = other;
    const link = await openLink(new Spool(path(folder, "spool")));
    await expect.poll(() => link.state.reason, { timeout: 10_000 }).toMatch(/certificate|self.signed|issuer/i);
    expect(other.heard).toEqual([]);
  });

  it("renews after two thirds of the certificate's life", async () => {
    gateway = await startTestGateway();
    const { identity } = await enrol();
    const now = Date.now();
    expect([isRenewalDue(identity.certificate, now), isRenewalDue(identity.certificate, now + 2_500_000)]).toEqual([
      false,
      true,
    ]);
  });
});
