// When a line was written, by its own stamp.
import { describe, expect, it } from "vitest";
import { writtenAt } from "./stamp.ts";

const local = (year: number, month: number, day: number, h: number, m: number, s: number) =>
  new Date(year, month - 1, day, h, m, s).getTime();
const NOW = local(2026, 3, 1, 12, 0, 0);

describe("writtenAt", () => {
  it.each([
    ["rsyslog's usual one", "Mar  1 08:09:10 node-17 kubelet[1187]: x", local(2026, 3, 1, 8, 9, 10)],
    ["with a priority", "<30>Feb 28 23:59:59 node-17 kubelet: x", local(2026, 2, 28, 23, 59, 59)],
    ["of last year", "Dec 31 23:59:59 node-17 kernel: x", local(2025, 12, 31, 23, 59, 59)],
    ["a clock that is ahead", "Mar  1 12:00:30 node-17 kernel: x", local(2026, 3, 1, 12, 0, 30)],
    ["ISO with a zone", "2026-03-01T08:09:10.123456+08:00 node-17 kubelet[1]: x", Date.UTC(2026, 2, 1, 0, 9, 10, 123)],
    ["a zone without colon", "2026-03-01T08:09:10+0000 node-17 kubelet[1]: x", Date.UTC(2026, 2, 1, 8, 9, 10)],
    ["RFC 5424", "<30>1 2026-03-01T08:09:10Z node-17 kubelet 1 - - x", Date.UTC(2026, 2, 1, 8, 9, 10)],
    ["logrus", 'time="2026-03-01T08:09:10.5Z" level=error msg="x"', Date.UTC(2026, 2, 1, 8, 9, 10, 500)],
    ["klog", "E0301 08:09:10.123456    1187 generic.go:271] PLEG is not healthy", local(2026, 3, 1, 8, 9, 10)],
    ["Go's log", "2026/03/01 08:09:10 x", local(2026, 3, 1, 8, 9, 10)],
    ["none", "OCI runtime create failed", null],
    ["no month", "Foo  1 08:09:10 host x: y", null],
    ["no date", "E9999 08:09:10.123456 1 a.go:1] x", null],
    ["no instant", "2026-19-41T08:09:10Z x", null],
  ])("%s", (_name, line, at) => expect(writtenAt(line, NOW)).toBe(at));
});
