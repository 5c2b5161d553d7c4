// Between gateway and desk sits somebody who has recorded everything and drops, doubles and reorders as they like, while the agent dies now and then.
// Desk and journal are the real ones. Each command has its effect once at the most, and a recorded session has none.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CommandResult, SignedCommand } from "../../protocol/commands.ts";
import { CLOCK_SKEW_MAX_MS } from "../../protocol/constants.ts";
import type { CollectorContext } from "../collectors/define.ts";
import { AgentConfig } from "../config.ts";
import { silentLog } from "../host/log.ts";
import { RuntimeWatch } from "../runtimes/watch.ts";
import type { Command } from "./define.ts";
import { CommandDesk } from "./desk.ts";
import { keys, nodeId, payloadOf, signed } from "./signed.fixture.ts";

const folders: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** One node: its disk, what happened on it, and whether its agent dies while the next command runs. */
class Node {
  readonly folder = mkdtempSync(join(tmpdir(), "nodeops-replay-"));
  /** pids of the commands' targets, in the order of their effects: each command has one of its own. */
  readonly effects: number[] = [];
  results: CommandResult[] = [];
  diesNext = false;
  isFrozen = false;
  clockOffsetMs = 0;
  desk: CommandDesk;
  readonly #nodeId: string;

  constructor(ownId: string) {
    folders.push(this.folder);
    this.#nodeId = ownId;
    this.desk = this.open();
  }

  open(): CommandDesk {
    const command: Command = {
      type: "process.nudge",
      affects: [],
      timeoutMs: 60_000,
      run: async (params) => {
        if (!("process" in params) || !params.process) throw new Error("a target");
        this.effects.push(params.process.pid);
        // The agent is gone from here on: nothing that comes after is written down.
        if (this.diesNext) await new Promise(() => undefined);
        return { message: "", changed: true };
      },
    };
    // The desk itself uses only these of what collectors share.
    const context = {
      config: AgentConfig.parse({}),
      runtimes: new RuntimeWatch(),
      clockOffsetMs: () => this.clockOffsetMs,
    } as unknown as CollectorContext;
    return new CommandDesk({
      nodeId: this.#nodeId,
      journalFolder: this.folder,
      keys: () => keys,
      context,
      log: silentLog,
      isCrowded: () => false,
      isFrozen: () => this.isFrozen,
      collect: async () => undefined,
      accepted: () => undefined,
      report: (body) => {
        if (body.type === "result") this.results.push(body.result);
      },
      table: { "process.nudge": command },
    });
  }

  /** The agent starts anew on the same disk. */
  restart(): void {
    this.diesNext = false;
    this.desk = this.open();
    this.desk.recover();
  }
}

const idle = async (): Promise<void> => {
  for (let i = 0; i < 12; i += 1) await new Promise(setImmediate);
};

/** A session as somebody recorded it: commands 1, 2, 3 … in order. */
const record = (count: number): SignedCommand[] =>
  Array.from({ length: count }, (_, i) =>
    signed(
      payloadOf(i + 1, Date.now(), {
        action: { type: "process.nudge", params: { process: { pid: 100 + i, startTicks: 1 } } },
      }),
    ),
  );

const COMMANDS = 5;
type Happening = { do: "deliver"; index: number } | { do: "all" } | { do: "die" } | { do: "restart" };
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("deliver" as const), index: fc.nat(COMMANDS - 1) }) },
  { weight: 1, arbitrary: fc.constant({ do: "all" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "die" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) },
);

describe("a gateway that drops, doubles and reorders", () => {
  it("gets each effect once at the most, in the order of generations, and a result for every command", {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 25 }), async (happenings) => {
        const node = new Node(nodeId);
        const session = record(COMMANDS);
        const seen = new Set<number>();
        const deliver = (index: number) => {
          const command = session[index];
          if (command) node.desk.receive(command);
          seen.add(index);
        };
        for (const event of happenings) {
          if (event.do === "deliver") deliver(event.index);
          else if (event.do === "all") for (let i = 0; i < COMMANDS; i += 1) deliver(i);
          else if (event.do === "die") node.diesNext = true;
          else node.restart();
          await idle();
        }
        node.restart();
        for (const index of seen) deliver(index);
        await idle();
        await node.desk.stop();
        expect(node.effects).toEqual([...new Set(node.effects)]);
        expect(node.effects).toEqual([...node.effects].sort((a, b) => a - b));
        for (const index of seen) {
          const { id } = JSON.parse(Buffer.from(session[index]?.payload ?? []).toString());
          const outcomes = new Set(node.results.filter((r) => r.commandId === id).map((r) => r.status));
          expect(outcomes.size).toBeGreaterThan(0);
          // What was done is never said to have been refused, and the other way round.
          if (node.effects.includes(100 + index)) expect(outcomes.has("refused")).toBe(false);
          else expect([...outcomes]).toEqual(["refused"]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("a recorded session", () => {
  let node: Node;
  let session: SignedCommand[];
  beforeEach(async () => {
    node = new Node(nodeId);
    session = record(3);
    for (const command of session) node.desk.receive(command);
    await expect.poll(() => node.results.length).toBe(3);
  });

  it("has no effect when it is played again, forwards or backwards, also after a restart", async () => {
    for (const command of [...session, ...[...session].reverse()]) node.desk.receive(command);
    await idle();
    await node.desk.stop();
    node.restart();
    for (const command of session) node.desk.receive(command);
    await idle();
    expect(node.effects).toEqual([100, 101, 102]);
    expect(node.results.every((r) => r.status === "done")).toBe(true);
    await node.desk.stop();
  });

  it("has no effect on another node", async () => {
    const other = new Node(randomUUID());
    for (const command of session) other.desk.receive(command);
    await idle();
    expect([other.effects, other.results]).toEqual([[], []]);
    await other.desk.stop();
  });

  it("has no effect on the same node with an empty disk, once it has expired", async () => {
    const reborn = new Node(nodeId);
    const later = Date.now() + 2 * CLOCK_SKEW_MAX_MS + 60_001;
    vi.spyOn(Date, "now").mockReturnValue(later);
    reborn.clockOffsetMs = later; // a gateway that says it is 1970
    for (const command of session) reborn.desk.receive(command);
    await idle();
    expect(reborn.effects).toEqual([]);
    expect(reborn.results.map((r) => r.code)).toEqual(["expired", "expired", "expired"]);
    await reborn.desk.stop();
  });

  it("cannot be continued: another command under a generation or nonce of the session is refused", async () => {
    const last = JSON.parse(Buffer.from(session.at(-1)?.payload ?? []).toString());
    node.desk.receive(signed(payloadOf(3, Date.now())));
    node.desk.receive(signed(payloadOf(4, Date.now(), { nonce: last.nonce })));
    await idle();
    expect(node.results.slice(3).map((r) => r.code)).toEqual(["stale-generation", "replayed"]);
    await node.desk.stop();
  });
});

describe("a freeze", () => {
  it("lets what runs end, and begins nothing that came or comes, until it is lifted", async () => {
    const node = new Node(nodeId);
    const [first, second, third, fourth] = record(4);
    if (!first || !second || !third || !fourth) throw new Error("four commands");
    node.desk.receive(first);
    node.desk.receive(second);
    node.isFrozen = true;
    node.desk.receive(third);
    await expect.poll(() => node.results.length).toBe(3);
    expect(node.effects).toEqual(node.results.filter((r) => r.status === "done").length === 1 ? [100] : []);
    expect(node.results.slice(-2).map((r) => [r.status, r.code, r.changed])).toEqual(
      Array(2).fill(["refused", "frozen", false]),
    );
    node.isFrozen = false;
    node.desk.receive(second);
    node.desk.receive(fourth);
    await expect.poll(() => node.effects.at(-1)).toBe(103);
    expect(node.effects).not.toContain(101);
    await node.desk.stop();
  });
});
