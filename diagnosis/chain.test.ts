import { describe, expect, test } from "vitest";
import { chainOf, depthOf } from "./chain.ts";

const said = (record: string) => chainOf(record).links.map(({ text }) => text);

describe("links, outer to inner", () => {
  test.each([
    ["a colon each", "cannot start: no network: bridge is gone", ["cannot start", "no network", "bridge is gone"]],
    [
      "gRPC",
      "Failed to create pod sandbox: rpc error: code = Unknown desc = no network: bridge is gone",
      ["Failed to create pod sandbox", "no network", "bridge is gone"],
    ],
    [
      "runc's quotes",
      'container_linux.go:345: starting process caused "process_linux.go:424: init caused "mount a to b caused "no such file"""',
      ["starting process", "init", "mount a to b", "no such file"],
    ],
    ["runc's colons", "starting process caused: exec: gone: unknown", ["starting process", "exec", "gone"]],
    ["klog", '"Sync failed" err="no sandbox: disk gone"', ["Sync failed", "no sandbox", "disk gone"]],
    ["one error", "disk gone", ["disk gone"]],
    ["a time is no chain", "at 08:09:10 gone", ["at 08:09:10 gone"]],
    ["nothing", "", []],
  ])("%s", (_name, record, links) => expect(said(record)).toEqual(links));
});

test("the call and the innermost status are named", () => {
  const record =
    "RunPodSandbox from runtime service failed: rpc error: code = Unknown desc = rpc error: code = DeadlineExceeded desc = late";
  expect(chainOf(record)).toMatchObject({ rpc: "RunPodSandbox", code: "DeadlineExceeded" });
  expect(chainOf("Container web was gone")).toMatchObject({ rpc: null, code: null });
});

test("a place further in stands deeper", () => {
  const record = "outer: middle: inner";
  const chain = chainOf(record);
  expect(["outer", "middle", "inner"].map((word) => depthOf(chain, record.indexOf(word)))).toEqual([1, 2, 3]);
});
