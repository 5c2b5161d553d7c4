// reattach-lxcfs: who is re-attached, and when it may not run.
import { expect, it } from "vitest";
import { actionsOf, contextOf, refusals } from "../testing/catalogue.ts";
import { aModule, healthyData, hexId, nodeFacts } from "../testing/facts.ts";
import { reattachLxcfs } from "./reattach-lxcfs.ts";

const base = healthyData();
const container = (word: string, ok: boolean) => ({
  containerId: hexId(word),
  pid: 9,
  paths: ["/proc/meminfo"],
  ok,
  error: null,
});
const facts = (state: typeof base.lxcfs.state, over: Partial<typeof base.lxcfs> = {}, modules = base.modules) =>
  nodeFacts({
    modules,
    lxcfs: { ...base.lxcfs, state, containers: [container("b", true), container("a", false)], ...over },
  });

it("re-attaches every container when lxcfs itself must restart", () => {
  const ctx = contextOf("lxcfs-dead", facts("hung"));
  expect(refusals(reattachLxcfs, ctx)).toEqual([]);
  expect(actionsOf(reattachLxcfs, ctx)).toEqual([
    {
      type: "lxcfs.reattach",
      params: { mountPoint: "/var/lib/lxcfs", module: "lxcfs", containers: [hexId("a"), hexId("b")] },
    },
  ]);
});

it("re-attaches only the detached ones when lxcfs answers", () => {
  expect(actionsOf(reattachLxcfs, contextOf("lxcfs-dead", facts("ok")))).toMatchObject([
    { params: { containers: [hexId("a")] } },
  ]);
});

it("mounts at the default place when it is not mounted at all", () => {
  const ctx = contextOf("lxcfs-dead", facts("unmounted", { mountPoint: null }));
  expect(refusals(reattachLxcfs, ctx)).toEqual([]);
  expect(actionsOf(reattachLxcfs, ctx)).toMatchObject([{ params: { mountPoint: "/var/lib/lxcfs" } }]);
});

it("refuses without a module that may be restarted", () => {
  expect(refusals(reattachLxcfs, contextOf("lxcfs-dead", facts("dead", {}, [aModule()])))).toEqual([
    "module-restartable",
  ]);
  const locked = [aModule({ name: "lxcfs", kind: "lxcfs", restartable: false })];
  expect(refusals(reattachLxcfs, contextOf("lxcfs-dead", facts("dead", {}, locked)))).toEqual(["module-restartable"]);
});
