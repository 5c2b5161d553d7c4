// filesystem-read-only: only where a runtime keeps its data.
import { expect, it } from "vitest";
import { problemsOf } from "../testing/catalogue.ts";
import { aFilesystem, nodeFacts } from "../testing/facts.ts";
import { filesystemReadOnly } from "./filesystem-read-only.ts";

const at = (over: Parameters<typeof aFilesystem>[2]) => nodeFacts({ filesystems: [aFilesystem(0.5, 0.1, over)] });

it("rises where a runtime needs to write, nowhere else", () => {
  expect(problemsOf(filesystemReadOnly, at({ readOnly: true }))).toMatchObject([{ subject: "/var/lib/containerd" }]);
  expect(problemsOf(filesystemReadOnly, at({ readOnly: true, holds: [] }))).toEqual([]);
  expect(problemsOf(filesystemReadOnly, at({}))).toEqual([]);
});
