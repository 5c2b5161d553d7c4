// What an agent shows to the network: it listens nowhere, and talks to no gateway that it cannot prove.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../host/log.ts";
import { join } from "../join.ts";
import { Spool } from "../spool/spool.ts";
import { loadIdentity, prepareState, type StatePaths, saveIdentity } from "../state.ts";
import { FactsOutbox } from "./facts-outbox.ts";
import { makeAuthority, makeSigner, startTestGateway, type TestGateway } from "./gateway.fixture.ts";
import { Link } from "./link.ts";

let folder: string;
let paths: StatePaths;
let gateway: TestGateway | undefined;

beforeEach(() => {
  folder = mkdtempSync(path(tmpdir(), "nodeops-surface-"));
  paths = prepareState(folder);
});
afterEach(async () => {
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

const enrol = (at: TestGateway) => join({ gateway: at.url, token: at.token, name: "n1", stateFolder: folder });

/** Inodes of sockets that a process holds. */
const socketsOf = (pid: number): Set<string> =>
  new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return []; // closed while it was listed
      }
    }),
  );

/** Sockets of a process that take connections or datagrams from others, as "table line". */
function listening(pid: number): string[] {
  const held = socketsOf(pid);
  const rows = (table: string, isOpen: (cells: string[]) => boolean, inodeAt: number) =>
    readFileSync(`/proc/${pid}/net/${table}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((cells) => held.has(cells[inodeAt] ?? "") && isOpen(cells))
      .map((cells) => `${table} ${cells.join(" ")}`);
  const isListening = (cells: string[]) => cells[3] === "0A";
  // A connected UDP socket has a remote address and hears nobody else.
  const isUnconnected = (cells: string[]) => /^0+:0000$/.test(cells[2] ?? "");
  const takesConnections = (cells: string[]) => (Number.parseInt(cells[3] ?? "0", 16) & 0x10000) !== 0;
  return [
    ...["tcp", "tcp6"].flatMap((table) => rows(table, isListening, 9)),
    ...["udp", "udp6", "raw", "raw6"].flatMap((table) => rows(table, isUnconnected, 9)),
    ...rows("unix", takesConnections, 6),
  ];
}

describe("a running agent", () => {
  it("listens nowhere while it is connected", async () => {
    gateway = await startTestGateway();
    await enrol(gateway);
    const config = path(folder, "agent.json");
    writeFileSync(config, JSON.stringify({ autodetect: false }));
    const main = path(import.meta.dirname, "../main.ts");
    const agent = spawn(process.execPath, [main, "run", "--state", folder, "--config", config], { stdio: "ignore" });
    try {
      await expect.poll(() => gateway?.heard.some(({ type }) => type === "facts"), { timeout: 20_000 }).toBe(true);
      const pid = agent.pid ?? 0;
      expect(socketsOf(pid).size).toBeGreaterThan(0);
      expect(listening(pid)).toEqual([]);
      expect(listening(process.pid)).not.toEqual([]); // the gateway in this process: the look sees what there is to see
    } finally {
      agent.kill("SIGTERM");
      await new Promise((resolve) => agent.once("exit", resolve));
    }
  }, 40_000);
});

describe("a gateway that cannot be proved", () => {
  const expired = () => new Date(Date.now() - 24 * 3_600_000);
  const bad: [string, () => Promise<TestGateway>][] = [
    ["of another authority than the token's", async () => startTestGateway({ tokenCa: await makeAuthority() })],
    ["with another name", () => startTestGateway({ serverName: "gateway.example.org" })],
    ["with an expired certificate", () => startTestGateway({ notAfter: expired() })],
    ["that speaks TLS 1.2 only", () => startTestGateway({ maxVersion: "TLSv1.2" })],
    ["whose keys are not the token's", () => startTestGateway({ tokenKey: makeSigner() })],
  ];

  it.each(bad)("%s gets nothing that lasts from a node that joins", async (_name, start) => {
    gateway = await start();
    await expect(enrol(gateway)).rejects.toMatchObject({ code: expect.stringMatching(/untrusted|unreachable/) });
    expect(loadIdentity(paths)).toBeNull();
  });

  const worse: [string, (ca: TestGateway["ca"]) => Promise<TestGateway>][] = [
    ["of another authority", () => startTestGateway()],
    ["with another name", (ca) => startTestGateway({ presented: ca, serverName: "gateway.example.org" })],
    ["with an expired certificate", (ca) => startTestGateway({ presented: ca, notAfter: expired() })],
    ["that speaks TLS 1.2 only", (ca) => startTestGateway({ presented: ca, maxVersion: "TLSv1.2" })],
  ];

  it.each(worse)("%s hears no word of a node that has joined", async (_name, start) => {
    const first = await startTestGateway();
    await enrol(first);
    await first.close();
    gateway = await start(first.ca);
    const own = loadIdentity(paths);
    if (!own) throw new Error("not enrolled");
    saveIdentity(paths, { ...own.identity, gateway: gateway.url });
    const link = new Link({
      own: { ...own, identity: { ...own.identity, gateway: gateway.url } },
      agentVersion: "0.0.0",
      bootId: "b",
      facts: new FactsOutbox(),
      spool: new Spool(path(folder, "spool")),
      log: silentLog,
      onTrust: () => undefined,
      onFreeze: () => undefined,
      onCommand: () => undefined,
      onCollect: () => undefined,
    });
    link.start();
    try {
      await expect.poll(() => link.state.attempt, { timeout: 10_000 }).toBeGreaterThan(1);
      expect(link.state.reason).toMatch(/certificate|altnames|protocol|version|expired|issuer|alert/i);
      expect([gateway.heard, gateway.sessions]).toEqual([[], 0]);
    } finally {
      await link.stop();
    }
  });
});
