import { expect, test } from "vitest";
import { templateOf } from "./template.ts";

test.each([
  ["pod web-6d4b75cb6d-x2v9k on 10.0.0.7:443 failed after 31 s", "pod db-0 on 10.0.0.9:80 failed after 4 s"],
  ['cannot open "/var/a": no such file', 'cannot open "/srv/b/c": no such file'],
  ["2026-01-02T03:04:05.678Z task 0123456789ab gone", "2026-11-12T13:14:15Z task ffffffffffff gone"],
  ["unit a at https://x.example/y failed", "unit a at https://z.example/?q=1 failed"],
])("%j and %j are one", (one, other) => {
  expect(templateOf(one, [])).toBe(templateOf(other, []));
});

test("what is said differently differs; the inner errors of a chain say it", () => {
  expect(templateOf("disk is full", [])).not.toBe(templateOf("disk is gone", []));
  const chain = [{ text: "failed to start web-1" }, { text: "cannot mount /a" }, { text: "device 7 is busy" }];
  expect(templateOf("whatever", chain)).toBe("cannot mount <path>: device <n> is busy");
});

test("it is short, whatever is pasted", () => {
  expect(templateOf("x".repeat(100_000), []).length).toBeLessThanOrEqual(300);
});
