// The spool: nothing lost, nothing twice, no gap in the numbers, whatever is cut off and whenever the agent ends.
import { appendFileSync, mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DurableBody } from "../../protocol/messages.ts";
import { parseRecords, recordBytes } from "./record-log.ts";
import { Spool } from "./spool.ts";

const commandId = "0191d3a0-0000-7000-8000-000000000002";
const progress = (message: string): DurableBody => ({ type: "progress", commandId, at: 1, message });
const kernel = (size: number): DurableBody => ({
  type: "kernel-events",
  bootId: "b",
  events: [{ seq: 1, at: 1, level: 4, facility: 0, message: "x".repeat(size) }],
});
const result = (message: string): DurableBody => ({
  type: "result",
  result: { commandId, status: "done", code: null, message, changed: true, output: {}, startedAt: 1, endedAt: 2 },
});
const messageOf = (body: DurableBody): string => (body.type === "progress" ? body.message : body.type);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nodeops-spool-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const seqs = (spool: Spool): number[] => spool.after(0, 10_000).map((s) => s.seq);

describe("spool", () => {
  it("numbers from 1 without a gap and gives frames back in order", () => {
    const spool = new Spool(folder);
    expect(["a", "b", "c"].map((m) => spool.append(progress(m)))).toEqual([1, 2, 3]);
    expect(spool.after(1, 10).map(({ seq, body }) => [seq, messageOf(body)])).toEqual([
      [2, "b"],
      [3, "c"],
    ]);
    expect(spool.after(0, 2)).toHaveLength(2);
  });

  it("goes on with the next number after a restart, also when everything was acknowledged", () => {
    const first = new Spool(folder);
    first.append(progress("a"));
    first.append(progress("b"));
    first.acknowledge(2);
    first.close();
    const second = new Spool(folder);
    expect(second.append(progress("c"))).toBe(3);
    second.acknowledge(2); // as the next welcome says
    expect(seqs(second)).toEqual([3]);
  });

  it("never uses a number that the gateway has seen, even when the folder was lost", () => {
    const spool = new Spool(folder);
    spool.acknowledge(41);
    expect(spool.append(progress("a"))).toBe(42);
    spool.close();
    expect(new Spool(folder).last).toBe(42);
  });

  it("loses only what was not whole, wherever its newest file is cut, and goes on", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 30 }), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        (messages, where) => {
          const dir = mkdtempSync(join(folder, "p-"));
          const spool = new Spool(dir);
          const ends = messages.map((m) => {
            spool.append(progress(m));
            return spool.bytes;
          });
          const size = spool.bytes;
          spool.close();
          const file = join(dir, readdirSync(dir)[0] ?? "");
          const cut = where % (size + 1);
          truncateSync(file, cut);
          const again = new Spool(dir);
          const whole = ends.filter((end) => end <= cut).length;
          expect(again.after(0, 100).map((s) => messageOf(s.body))).toEqual(messages.slice(0, whole));
          expect(again.append(progress("next"))).toBe(whole + 1);
          again.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it("drops rubbish behind the last whole record", () => {
    const spool = new Spool(folder);
    spool.append(progress("a"));
    spool.close();
    const file = join(folder, readdirSync(folder)[0] ?? "");
    appendFileSync(file, Buffer.from([9, 0, 0, 0, 1, 2, 3, 4, 5, 6]));
    const again = new Spool(folder);
    expect(seqs(again)).toEqual([1]);
    expect(again.append(progress("b"))).toBe(2);
    again.close();
    expect(seqs(new Spool(folder))).toEqual([1, 2]);
  });

  it("delivers each frame exactly once over any run of appends, partial acknowledgements, restarts and resends", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant("append" as const) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 5 }).map((n) => ({ ack: n })) },
      { weight: 2, arbitrary: fc.constant("restart" as const) },
      { weight: 1, arbitrary: fc.constant("reconnect" as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const dir = mkdtempSync(join(folder, "m-"));
        let spool = new Spool(dir);
        const applied: string[] = []; // the gateway's table
        let stored = 0; // its last number
        let sent = 0;
        let written = 0;
        const deliver = (limit: number) => {
          for (const { seq, body } of spool.after(sent, limit)) {
            sent = seq;
            if (seq > stored) {
              expect(seq).toBe(stored + 1);
              stored = seq;
              applied.push(messageOf(body));
            }
          }
        };
        for (const s of steps) {
          if (s === "append") spool.append(progress(String(written++)));
          else if (s === "restart") {
            spool.close();
            spool = new Spool(dir);
            sent = 0; // the gateway may not have told what it stored: all is sent again
          } else if (s === "reconnect") {
            spool.acknowledge(stored);
            sent = stored;
          } else {
            deliver(s.ack);
            spool.acknowledge(Math.min(stored, sent));
          }
        }
        deliver(10_000);
        expect(applied).toEqual(Array.from({ length: written }, (_, i) => String(i)));
        spool.close();
      }),
      { numRuns: 60 },
    );
  });

  it("when full empties kernel events first, then progress, counts them, keeps every number and every result", () => {
    const spool = new Spool(folder, 20_000);
    spool.append(result("kept"));
    spool.append(progress("p".repeat(2_000)));
    for (let i = 0; i < 30; i++) spool.append(kernel(1_000));
    expect(spool.bytes).toBeLessThanOrEqual(20_000);
    expect(spool.dropped).toBeGreaterThan(0);
    expect(seqs(spool)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
    const bodies = spool.after(0, 100).map((s) => s.body);
    expect(bodies[0]).toEqual(result("kept"));
    expect(bodies[1]).toEqual(progress("p".repeat(2_000)));
    expect(bodies.some((b) => b.type === "kernel-events" && b.events.length === 0)).toBe(true);
    spool.close();
    expect(seqs(new Spool(folder, 20_000))).toHaveLength(32);
  });

  it("removes files that were acknowledged whole", () => {
    const spool = new Spool(folder);
    for (let i = 0; i < 46; i++) spool.append(kernel(60_000));
    expect(readdirSync(folder).length).toBeGreaterThan(2);
    spool.acknowledge(46);
    expect(readdirSync(folder)).toHaveLength(1);
    spool.close();
    expect(new Spool(folder).append(progress("a"))).toBe(47); // the empty file's name holds the number
  });
});

describe("records", () => {
  it("come back as written", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 8 }), (values) => {
        const clean = values.map((v) => JSON.parse(JSON.stringify(v)) as unknown);
        const bytes = Buffer.concat(clean.map(recordBytes));
        expect(parseRecords(bytes)).toMatchObject({ end: bytes.length, records: clean.map((value) => ({ value })) });
      }),
    );
  });

  it("stop at the first one whose sum is wrong", () => {
    const bytes = Buffer.concat(["a", "b", "c"].map(recordBytes));
    const damaged = Buffer.from(bytes);
    const at = recordBytes("a").length + 9; // the letter itself: still a readable record, but not the one written
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    expect(parseRecords(damaged).records.map((r) => r.value)).toEqual(["a"]);
  });

  it("take noise for nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(parseRecords(Buffer.from(noise)).end).toBeLessThanOrEqual(noise.length);
      }),
    );
  });
});
