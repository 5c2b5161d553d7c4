// inodes-almost-gone: boundary, hysteresis, filesystems without an inode limit.
import { expect, it } from "vitest";
import { problemsOf } from "../testing/catalogue.ts";
import { aFilesystem, nodeFacts } from "../testing/facts.ts";
import { inodesAlmostGone } from "./inodes-almost-gone.ts";

const at = (ratio: number, over = {}) => nodeFacts({ filesystems: [aFilesystem(0.3, ratio, over)] });
const subject = "/var/lib/containerd";

it("rises at 90 %, stays until it is below 85 %, is critical at 98 %", () => {
  expect(problemsOf(inodesAlmostGone, at(0.899))).toEqual([]);
  expect(problemsOf(inodesAlmostGone, at(0.9))).toMatchObject([{ subject, severity: "warning" }]);
  expect(problemsOf(inodesAlmostGone, at(0.86), [subject])).toHaveLength(1);
  expect(problemsOf(inodesAlmostGone, at(0.849), [subject])).toEqual([]);
  expect(problemsOf(inodesAlmostGone, at(0.98))).toMatchObject([
    { severity: "critical", params: { resource: "inodes" } },
  ]);
});

it("says nothing where inodes are made on demand", () => {
  expect(problemsOf(inodesAlmostGone, at(1, { inodesTotal: 0 }))).toEqual([]);
});
