// detach-leaked-mount: deepest first, nothing that is in use or claimed.
import { expect, it } from "vitest";
import { actionsOf, contextOf, refusals } from "../testing/catalogue.ts";
import { aPod, healthyData, hexId, nodeFacts } from "../testing/facts.ts";
import { detachLeakedMount } from "./detach-leaked-mount.ts";

const base = healthyData();
const folder = `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${hexId("x")}`;
const mount = (leaf: string, over = {}) => ({
  mountPoint: `${folder}/${leaf}`,
  type: "overlay",
  source: "overlay",
  runtime: "containerd",
  containerId: hexId("x"),
  stacked: 1,
  busy: false,
  ...over,
});
const facts = (mounts: ReturnType<typeof mount>[], over = {}) =>
  nodeFacts({ mounts: { ...base.mounts, containerMounts: mounts }, ...over });
const two = facts([mount("rootfs"), mount("rootfs/data/cache", { type: "tmpfs", source: "tmpfs" })]);

it("detaches the deepest first and says exactly what it expects there", () => {
  const ctx = contextOf("mount-leaked", two);
  expect(refusals(detachLeakedMount, ctx)).toEqual([]);
  const wide = facts([mount("rootfs/a/b"), mount("shm")]);
  expect(actionsOf(detachLeakedMount, contextOf("mount-leaked", wide)).map((a) => a.params)).toMatchObject([
    { mountPoint: `${folder}/rootfs/a/b` },
    { mountPoint: `${folder}/shm` },
  ]);
  expect(actionsOf(detachLeakedMount, ctx)).toEqual([
    {
      type: "mount.detach",
      params: { mountPoint: `${folder}/rootfs/data/cache`, type: "tmpfs", source: "tmpfs", containerId: hexId("x") },
    },
    {
      type: "mount.detach",
      params: { mountPoint: `${folder}/rootfs`, type: "overlay", source: "overlay", containerId: hexId("x") },
    },
  ]);
});

it("detaches every one of stacked mounts, the topmost first", () => {
  const stack = facts([mount("rootfs", { stacked: 2 }), mount("rootfs", { type: "tmpfs", source: "shm", stacked: 2 })]);
  expect(actionsOf(detachLeakedMount, contextOf("mount-leaked", stack)).map((a) => a.params)).toMatchObject([
    { mountPoint: `${folder}/rootfs`, type: "tmpfs", source: "shm" },
    { mountPoint: `${folder}/rootfs`, type: "overlay", source: "overlay" },
  ]);
});

it("refuses when something is in use or the container is back", () => {
  expect(refusals(detachLeakedMount, contextOf("mount-leaked", facts([mount("rootfs", { busy: true })])))).toEqual([
    "nobody-lives-there",
  ]);
  const back = facts([mount("rootfs")], { pods: [aPod({ id: hexId("x") })] });
  expect(refusals(detachLeakedMount, contextOf("mount-leaked", two, back))).toEqual([
    "still-there",
    "not-listed",
    "nobody-lives-there",
  ]);
  expect(actionsOf(detachLeakedMount, contextOf("mount-leaked", two, back))).toEqual([]);
});
