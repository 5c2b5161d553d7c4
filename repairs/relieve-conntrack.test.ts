// relieve-conntrack: a higher limit where it may be set, else a flush that must be able to help; both ways back.
import { expect, it } from "vitest";
import { actionsOf, contextOf, refusals, undoOf } from "../testing/catalogue.ts";
import { healthyData, nodeFacts } from "../testing/facts.ts";
import { relieveConntrack } from "./relieve-conntrack.ts";

const base = healthyData();
const facts = (over: Partial<typeof base.conntrack>, more: Parameters<typeof nodeFacts>[0] = {}) =>
  nodeFacts({ conntrack: { ...base.conntrack, count: 950, max: 1_000, usedRatio: 0.95, ...over }, ...more });
const ctx = (now: ReturnType<typeof facts>) => contextOf("conntrack-almost-full", now);
const MAX = "net.netfilter.nf_conntrack_max";
const UDP = "net.netfilter.nf_conntrack_udp_timeout";

it("doubles the limit where the node may, and can take that back", () => {
  const now = ctx(facts({ maxWritable: true, groups: {} }));
  expect(refusals(relieveConntrack, now)).toEqual([]);
  expect(actionsOf(relieveConntrack, now)).toEqual([
    { type: "sysctl.set", params: { key: MAX, expected: "1000", value: "2000" } },
  ]);
  expect(undoOf(relieveConntrack, now, true)).toEqual([
    { type: "sysctl.set", params: { key: MAX, expected: "2000", value: "1000" } },
  ]);
  expect(undoOf(relieveConntrack, now, false)).toEqual([]);
});

it("flushes dead entries where the limit is read-only or would take too much memory", () => {
  const flush = [
    { type: "conntrack.flush", params: { which: ["unreplied", "closed"] } },
    { type: "sysctl.set", params: { key: UDP, expected: "30", value: "10" } },
  ];
  const readOnly = ctx(facts({ maxWritable: false, groups: { "udp unreplied": 900 } }));
  expect(refusals(relieveConntrack, readOnly)).toEqual([]);
  expect(actionsOf(relieveConntrack, readOnly)).toEqual(flush);
  expect(undoOf(relieveConntrack, readOnly, true)).toEqual([
    { type: "sysctl.set", params: { key: UDP, expected: "10", value: "30" } },
  ]);
  const small = facts({ maxWritable: true, groups: {} }, { identity: { ...base.identity, memoryBytes: 1024 ** 2 } });
  expect(actionsOf(relieveConntrack, ctx(small))).toEqual(flush);
});

it("leaves the timeout alone when it is short already or not known", () => {
  const short = facts({ maxWritable: false, udpTimeoutS: 10 });
  expect(actionsOf(relieveConntrack, ctx(short)).map((a) => a.type)).toEqual(["conntrack.flush"]);
  const unknown = facts({ maxWritable: false, udpTimeoutS: null }, { sysctls: {} });
  expect(actionsOf(relieveConntrack, ctx(unknown)).map((a) => a.type)).toEqual(["conntrack.flush"]);
});

it("refuses when live connections fill the table: a flush would not help", () => {
  expect(
    refusals(
      relieveConntrack,
      ctx(facts({ maxWritable: false, groups: { "tcp established": 900, "udp unreplied": 149 } })),
    ),
  ).toEqual(["will-help"]);
  expect(
    refusals(
      relieveConntrack,
      ctx(
        facts({
          maxWritable: false,
          groups: { "tcp established": 800, "tcp time_wait": 90, "tcp syn_sent unreplied": 60 },
        }),
      ),
    ),
  ).toEqual([]);
});
