// Formats at their edges.
import { expect, test } from "vitest";
import { age, bytes, cpu, duration, percent, shortId } from "./format.ts";

const text = (q: { value: string; unit: string }): string => `${q.value} ${q.unit}`;

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1536, "1.5 KiB"],
  [150 * 1024 ** 2, "150 MiB"],
  [24 * 1024 ** 3, "24.0 GiB"],
])("bytes %d", (value, expected) => expect(text(bytes(value))).toBe(expected));

test("percent never rounds up to full", () => expect(text(percent(0.999))).toBe("99 %"));

test("cpu switches to cores", () => {
  expect(text(cpu(250))).toBe("250 m");
  expect(text(cpu(1500))).toBe("1.5 cores");
});

test.each([
  [40, "40 ms"],
  [1234, "1.2 s"],
  [45_000, "45 s"],
  [180_000, "3 min"],
  [9_000_000, "2.5 h"],
])("duration %d", (value, expected) => expect(text(duration(value))).toBe(expected));

test.each([
  [-5_000, "0 s", "0 秒"],
  [119_000, "119 s", "119 秒"],
  [120_000, "2 min", "2 分钟"],
  [7_200_000, "2 h", "2 小时"],
  [172_800_000, "2 d", "2 天"],
])("age %d", (ms, en, zh) => {
  expect(age(ms, "en")).toBe(en);
  expect(age(ms, "zh")).toBe(zh);
});

test("long ids are cut as runtimes show them", () => {
  expect(shortId("0123456789abcdef0123456789abcdef")).toBe("0123456789ab");
  expect(shortId("10-bridge.conflist")).toBe("10-bridge.conflist");
});
