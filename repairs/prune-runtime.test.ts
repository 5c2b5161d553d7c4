// prune-runtime: an exact list, only as much as is needed, never what is in use.
import { expect, it } from "vitest";
import { actionsOf, contextOf, refusals } from "../testing/catalogue.ts";
import {
  aContainer,
  aFilesystem,
  anExited,
  anImage,
  aRuntime,
  failedProbe,
  healthyData,
  hexId,
  nodeFacts,
} from "../testing/facts.ts";
import { verifiedChecks } from "./define.ts";
import { pruneRuntime } from "./prune-runtime.ts";
import { startRuntime } from "./start-runtime.ts";

const GIB = 1024 ** 3;
const id = (word: string) => `sha256:${hexId(`image-${word}`)}`;
const base = healthyData();
// 100 GiB: from 92 % to 80 % (clear threshold 85 %, margin 5) are 12 GiB.
const facts = (over: Parameters<typeof nodeFacts>[0] = {}) =>
  nodeFacts({
    filesystems: [aFilesystem(0.92, 0.2)],
    containers: [aContainer(), anExited("younger", 20_000), anExited("older", 900_000)],
    images: [
      ...base.images,
      anImage("a", { sizeBytes: 3 * GIB }),
      anImage("b", { sizeBytes: 8 * GIB }),
      anImage("c", { sizeBytes: 5 * GIB }),
      anImage("pinned", { sizeBytes: 50 * GIB, pinned: true }),
      anImage("pause-arm64", { sizeBytes: 50 * GIB, tags: ["local/pause-arm64:3.9"] }),
    ],
    ...over,
  });
const params = (now: ReturnType<typeof facts>, checkId = "disk-almost-full") =>
  actionsOf(pruneRuntime, contextOf(checkId, now)).map((a) => a.params);

it("takes the largest unused images until enough is free, no container then", () => {
  expect(refusals(pruneRuntime, contextOf("disk-almost-full", facts()))).toEqual([]);
  expect(params(facts())).toEqual([{ runtime: "containerd", images: [id("b"), id("c")], containers: [] }]);
});

it("goes on to exited containers, oldest first, when the images are not enough", () => {
  const few = facts({ images: [...base.images, anImage("a", { sizeBytes: GIB })] });
  expect(params(few)).toEqual([
    { runtime: "containerd", images: [id("a")], containers: [hexId("older"), hexId("younger")] },
  ]);
  const known = { id: hexId("older"), cpuUsedMillis: 0, memoryUsedBytes: 0, diskUsedBytes: 20 * GIB, pids: 0 };
  expect(params({ ...few, containerUsage: { data: [known], at: few.containers?.at ?? 0, error: null } })).toMatchObject(
    [{ containers: [hexId("older")] }],
  );
});

it("leaves an exited container alone that may be about to be restarted, and its image with it", () => {
  const dead = anExited("dead", 9_000, { image: "local/dead:1", imageId: null });
  const young = facts({
    containers: [aContainer(), dead],
    images: [...base.images, anImage("dead", { usedBy: 1 }), anImage("a")],
  });
  expect(params(young)).toEqual([{ runtime: "containerd", images: [id("a")], containers: [] }]);
  const old = facts({
    containers: [aContainer(), { ...dead, finishedAt: (dead.finishedAt ?? 0) - 2_000 }],
    images: [anImage("dead", { usedBy: 1 })],
  });
  expect(params(old)).toEqual([{ runtime: "containerd", images: [id("dead")], containers: [hexId("dead")] }]);
});

it("takes all that is unused when inodes are gone: nobody knows how many files a layer holds", () => {
  const inodes = facts({ filesystems: [aFilesystem(0.3, 0.97)] });
  expect(refusals(pruneRuntime, contextOf("inodes-almost-gone", inodes))).toEqual([]);
  expect(params(inodes, "inodes-almost-gone")).toEqual([
    { runtime: "containerd", images: [id("b"), id("c"), id("a")], containers: [hexId("older"), hexId("younger")] },
  ]);
});

it("refuses without anything to remove, with a silent runtime, on a filesystem without one", () => {
  const bare = facts({ images: base.images, containers: [aContainer()] });
  expect(refusals(pruneRuntime, contextOf("disk-almost-full", bare))).toEqual(["something-to-remove"]);
  expect(params(bare)).toEqual([]);
  const silent = facts({ runtimes: [aRuntime({ probe: failedProbe("UNAVAILABLE", 1) })] });
  expect(refusals(pruneRuntime, contextOf("disk-almost-full", silent))).toEqual(["runtime-answers"]);
  const other = facts({ filesystems: [aFilesystem(0.92, 0.2, { holds: [] })] });
  expect(refusals(pruneRuntime, contextOf("disk-almost-full", other))).toEqual([
    "runtime-answers",
    "something-to-remove",
  ]);
});

it("has nothing to do below the clear threshold", () => {
  const now = facts({ filesystems: [aFilesystem(0.849, 0.2)] });
  const ctx = contextOf("disk-almost-full", facts(), now);
  expect(refusals(pruneRuntime, ctx)).toContain("still-there");
  expect(actionsOf(pruneRuntime, ctx)).toEqual([]);
});

it("is verified by the check that raised the finding, not by the other shortage of the same filesystem", () => {
  expect(verifiedChecks(pruneRuntime, "disk-almost-full")).toEqual(["disk-almost-full"]);
  expect(verifiedChecks(startRuntime, "runtime-down")).toEqual(["runtime-down", "runtime-hung"]);
});
