// The desk: each command is carried out at most once, whatever is repeated and whenever the agent ends; every command gets a result.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CommandPayload, CommandResult, SignedCommand } from "../../protocol/commands.ts";
import type { DurableBody } from "../../protocol/messages.ts";
import type { CollectorContext } from "../collectors/define.ts";
import { AgentConfig } from "../config.ts";
import { Failure, Refusal } from "../host/errors.ts";
import { silentLog } from "../host/log.ts";
import { RuntimeWatch } from "../runtimes/watch.ts";
import type { Command } from "./define.ts";
import { CommandDesk } from "./desk.ts";
import { Journal } from "./journal.ts";
import { keys, nodeId, payloadOf, signed } from "./signed.fixture.ts";

let folder: string;
let runs: number;
let outcome: () => Promise<{ message: string; changed: boolean }>;
let reported: CommandResult[];
let acceptedIds: string[];
let canStore: boolean;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nodeops-desk-"));
  runs = 0;
  outcome = async () => ({ message: "did it", changed: true });
  reported = [];
  acceptedIds = [];
  canStore = true;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const command: Command = {
  type: "process.nudge",
  affects: [],
  timeoutMs: 1_000,
  run: () => {
    runs += 1;
    return outcome();
  },
};

function openDesk(policy: object = {}): CommandDesk {
  const config = AgentConfig.parse({ policy });
  // The desk itself uses only these three of what collectors share.
  const context = { config, runtimes: new RuntimeWatch(), clockOffsetMs: () => null } as unknown as CollectorContext;
  return new CommandDesk({
    nodeId,
    journalFolder: folder,
    keys: () => keys,
    context,
    log: silentLog,
    isFrozen: () => false,
    isCrowded: () => false,
    collect: async () => undefined,
    accepted: (id) => acceptedIds.push(id),
    report: (body: DurableBody) => {
      if (!canStore) throw new Error("no space left on device");
      if (body.type === "result") reported.push(body.result);
    },
    table: { "process.nudge": command },
  });
}

let generation = 0;
function make(over: Partial<CommandPayload> = {}): { payload: CommandPayload; command: SignedCommand } {
  generation += 1;
  const payload = payloadOf(generation, Date.now(), over);
  return { payload, command: signed(payload) };
}

describe("command desk", () => {
  it("carries out once and reports each time it is asked", async () => {
    const desk = openDesk();
    const { payload, command } = make();
    desk.receive(command);
    await expect.poll(() => reported.length).toBe(1);
    desk.receive(command);
    desk.receive(command);
    expect(runs).toBe(1);
    expect(acceptedIds).toEqual([payload.id]);
    expect(reported.map((r) => [r.commandId, r.status])).toEqual(Array(3).fill([payload.id, "done"]));
    await desk.stop();
  });

  it("remembers across restarts", async () => {
    const first = openDesk();
    const { command } = make();
    first.receive(command);
    await expect.poll(() => reported.length).toBe(1);
    await first.stop();
    const second = openDesk();
    second.recover();
    second.receive(command);
    expect(runs).toBe(1);
    expect(reported).toHaveLength(2);
    await second.stop();
  });

  it("calls a command that was started when the agent ended unknown, and never runs it again", async () => {
    const { payload, command } = make();
    const journal = new Journal(folder);
    journal.accepted(payload);
    journal.started(payload.id, 1);
    journal.close();
    const desk = openDesk();
    desk.recover();
    desk.receive(command);
    expect(runs).toBe(0);
    expect(reported.map((r) => [r.status, r.code])).toEqual(Array(2).fill(["unknown", "agent-restarted"]));
    await desk.stop();
    const again = openDesk();
    again.recover();
    expect(reported).toHaveLength(2);
    await again.stop();
  });

  it("carries out after a restart what was only accepted", async () => {
    const { payload } = make();
    const journal = new Journal(folder);
    journal.accepted(payload);
    journal.close();
    const desk = openDesk();
    desk.recover();
    await expect.poll(() => reported.map((r) => r.status)).toEqual(["done"]);
    await desk.stop();
  });

  it("refuses what expired while it waited in the queue", async () => {
    const { payload } = make({ issuedAt: Date.now() - 3_600_000, expiresAt: Date.now() - 3_500_000 });
    const journal = new Journal(folder);
    journal.accepted(payload);
    journal.close();
    const desk = openDesk();
    desk.recover();
    await expect.poll(() => reported.map((r) => [r.status, r.code])).toEqual([["refused", "expired"]]);
    expect(runs).toBe(0);
    await desk.stop();
  });

  it("keeps a result that could not be stored and delivers it later", async () => {
    canStore = false;
    const desk = openDesk();
    desk.receive(make().command);
    await expect.poll(() => runs).toBe(1);
    await desk.stop();
    canStore = true;
    const again = openDesk();
    again.recover();
    expect(reported.map((r) => r.status)).toEqual(["done"]);
    await again.stop();
  });

  it("refuses an older generation after a newer one was carried out, and a nonce twice", async () => {
    const desk = openDesk();
    const older = make();
    const newer = make();
    desk.receive(newer.command);
    await expect.poll(() => reported.length).toBe(1);
    desk.receive(older.command);
    desk.receive(make({ nonce: newer.payload.nonce }).command);
    expect(reported.slice(1).map((r) => [r.status, r.code])).toEqual([
      ["refused", "stale-generation"],
      ["refused", "replayed"],
    ]);
    expect(runs).toBe(1);
    await desk.stop();
  });

  it("lets the node's policy have the last word", async () => {
    const desk = openDesk({ denyCommands: ["process.nudge"] });
    desk.receive(make().command);
    await expect.poll(() => reported.map((r) => [r.status, r.code, r.changed])).toEqual([["refused", "policy", false]]);
    expect(runs).toBe(0);
    await desk.stop();
  });

  const ends: [string, () => Promise<never>, Partial<CommandResult>][] = [
    [
      "a refusal",
      async () => {
        throw new Refusal("target-changed", "m");
      },
      { status: "refused", code: "target-changed", changed: false },
    ],
    [
      "a failure",
      async () => {
        throw new Failure("not-ready", "m", true);
      },
      { status: "failed", code: "not-ready", changed: true },
    ],
    [
      "anything else thrown",
      async () => {
        throw new Error("boom");
      },
      { status: "failed", code: "error", message: "boom" },
    ],
  ];
  for (const [name, run, expected] of ends) {
    it(`reports ${name}`, async () => {
      outcome = run;
      const desk = openDesk();
      desk.receive(make().command);
      await expect.poll(() => reported[0]).toMatchObject(expected);
      await desk.stop();
    });
  }

  it("says nothing about commands that nobody known has signed", async () => {
    const desk = openDesk();
    const { command } = make();
    desk.receive({ ...command, signature: new Uint8Array(64) });
    expect([reported, runs]).toEqual([[], 0]);
    await desk.stop();
  });
});
