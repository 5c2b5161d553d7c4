// What counts as a cause that nodes can share, what it is called, and when an incident is over.
import { describe, expect, test } from "vitest";
import { causeOf, isNodeLocal, nodesNeeded, titleOf } from "./cause.ts";
import { CLOSE_AFTER_MS, isIncidentOver } from "./life.ts";

test.each([
  ["nfs:10.0.0.5", "nfs", "10.0.0.5"],
  ["registry:hub.example:5000", "registry", "hub.example:5000"],
  ["0123abcd", "shared", "0123abcd"],
  [":x", "shared", ":x"],
])("%s", (key, kind, what) => expect(causeOf(key)).toEqual({ kind, what }));

test.each([
  ["dns:127.0.0.53", true],
  ["dns:::1", true],
  ["dns:[::1]:53", true],
  ["registry:localhost:5000", true],
  ["endpoint:http://127.0.0.1:8080/x", true],
  ["endpoint:/run/containerd.sock", true],
  ["endpoint:unix:///run/x.sock", true],
  ["dns:10.127.0.1", false],
  ["registry:localhost.example", false],
  ["endpoint:https://hub.example/v2/", false],
])("%s is each node's own: %s", (key, expected) => expect(isNodeLocal(causeOf(key))).toBe(expected));

test("what stands beside the nodes takes two of them, what they have in common anyway three", () => {
  expect(["registry", "nfs", "dns"].map(nodesNeeded)).toEqual([2, 2, 2]);
  expect(["kernel", "image", "config", "shared"].map(nodesNeeded)).toEqual([3, 3, 3, 3]);
});

test("titles in both languages; a kind that nobody named keeps its own", () => {
  expect(titleOf(causeOf("nfs:10.0.0.5"))).toEqual({ en: "NFS server 10.0.0.5", zh: "NFS 服务器 10.0.0.5" });
  expect(titleOf(causeOf("kernel:6.9"), { en: "Runtime down", zh: "运行时停止" })).toEqual({
    en: "Kernel 6.9: Runtime down",
    zh: "内核 6.9：运行时停止",
  });
  expect(titleOf(causeOf("volcano:etna")).en).toBe("volcano etna");
  expect(titleOf(causeOf(`image:${"x".repeat(500)}`)).en.length).toBeLessThan(200);
});

describe("over", () => {
  test.each([
    [0, 0, true],
    [1, CLOSE_AFTER_MS - 1, false],
    [1, CLOSE_AFTER_MS, true],
    [2, 100 * CLOSE_AFTER_MS, false],
  ])("with %d nodes, %d ms after it was last shared: %s", (nodes, ms, over) =>
    expect(isIncidentOver(nodes, 1_000, 1_000 + ms)).toBe(over),
  );
});
