// disk-almost-full: boundary, hysteresis, which filesystems count, and what is shown as reclaimable.
import { expect, it } from "vitest";
import { problemsOf } from "../testing/catalogue.ts";
import { aContainer, aFilesystem, anExited, anImage, healthyData, hexId, nodeFacts } from "../testing/facts.ts";
import { diskAlmostFull } from "./disk-almost-full.ts";
import { reclaimable } from "./filesystem-use.ts";

const at = (ratio: number, over = {}) => nodeFacts({ filesystems: [aFilesystem(ratio, 0.1, over)] });
const subject = "/var/lib/containerd";

it("rises at 90 %, stays until it is below 85 %", () => {
  expect(problemsOf(diskAlmostFull, at(0.899))).toEqual([]);
  expect(problemsOf(diskAlmostFull, at(0.9))).toMatchObject([{ subject, severity: "warning" }]);
  expect(problemsOf(diskAlmostFull, at(0.85), [subject])).toHaveLength(1);
  expect(problemsOf(diskAlmostFull, at(0.85), ["/"])).toEqual([]);
  expect(problemsOf(diskAlmostFull, at(0.849), [subject])).toEqual([]);
  expect(problemsOf(diskAlmostFull, at(0.97))).toMatchObject([{ severity: "critical" }]);
});

it("leaves out read-only, unreadable, always-full and layered filesystems and tells each device once", () => {
  for (const over of [
    { readOnly: true },
    { error: "EIO" },
    { type: "squashfs" },
    { type: "overlay" },
    { totalBytes: 0 },
  ]) {
    expect(problemsOf(diskAlmostFull, at(0.99, over)), JSON.stringify(over)).toEqual([]);
  }
  expect(problemsOf(diskAlmostFull, at(0.99, { type: "overlay", mountPoint: "/" }))).toHaveLength(1);
  const twice = nodeFacts({
    filesystems: [aFilesystem(0.95, 0.1, { mountPoint: "/x", holds: [] }), aFilesystem(0.95, 0.1)],
  });
  expect(problemsOf(diskAlmostFull, twice).map((p) => p.subject)).toEqual([subject]);
});

it("names unused images and dead containers, never what is in use, pinned or the sandbox image", () => {
  const fs = aFilesystem(0.95, 0.1);
  const images = [
    ...healthyData().images,
    anImage("small", { sizeBytes: 5 }),
    anImage("large", { sizeBytes: 50 }),
    anImage("pinned", { pinned: true }),
    anImage("dead-only", { usedBy: 1 }),
    anImage("elsewhere", { runtime: "docker" }),
  ];
  const dead = anExited("dead", 60_000, { image: "local/dead-only:1", imageId: null });
  const facts = nodeFacts({ filesystems: [fs], images, containers: [aContainer(), dead, anExited("older", 90_000)] });
  const found = reclaimable(fs, facts);
  expect(found.images.map((i) => i.tags[0])).toEqual(["local/dead-only:1", "local/large:1", "local/small:1"]);
  expect(found.containers.map((c) => c.id)).toEqual([hexId("older"), hexId("dead")]);
  const [problem] = problemsOf(diskAlmostFull, facts);
  expect(problem?.evidence.filter((e) => e.kind === "table").map((e) => e.source)).toEqual(["images", "containers"]);
});
