// lxcfs-dead: the node's side, the containers' side, and nodes that do not use lxcfs.
import { expect, it } from "vitest";
import { problemsOf } from "../testing/catalogue.ts";
import { aModule, healthyData, hexId, nodeFacts } from "../testing/facts.ts";
import { lxcfsDead } from "./lxcfs-dead.ts";

const base = healthyData().lxcfs;
const attached = (ok: boolean) => [
  { containerId: hexId("app"), pid: 900, paths: ["/proc/meminfo"], ok, error: ok ? null : "ENOTCONN" },
];
const lxcfs = (state: typeof base.state, ok = true) =>
  nodeFacts({ lxcfs: { ...base, state, containers: attached(ok) } });

it("is critical when lxcfs is dead or hung, a warning when only containers are detached", () => {
  expect(problemsOf(lxcfsDead, lxcfs("dead", false))).toMatchObject([
    { reason: "TransportNotConnected", params: { module: "lxcfs", containers: [hexId("app")] } },
  ]);
  expect(problemsOf(lxcfsDead, lxcfs("hung"))).toMatchObject([{ reason: "NoAnswer" }]);
  expect(problemsOf(lxcfsDead, lxcfs("ok", false))).toMatchObject([
    { reason: "ContainersDetached", severity: "warning" },
  ]);
  expect(problemsOf(lxcfsDead, lxcfs("ok"))).toEqual([]);
});

it("takes a missing mount as a fault only where lxcfs is meant to run", () => {
  const unmounted = { ...base, state: "unmounted" as const, mountPoint: null, containers: [] };
  expect(problemsOf(lxcfsDead, nodeFacts({ lxcfs: unmounted, modules: [aModule()] }))).toEqual([]);
  const stopped = aModule({ name: "lxcfs", kind: "lxcfs", state: "stopped", process: null });
  expect(problemsOf(lxcfsDead, nodeFacts({ lxcfs: unmounted, modules: [stopped] }))).toMatchObject([
    { subject: "lxcfs", reason: "NotMounted" },
  ]);
  expect(problemsOf(lxcfsDead, nodeFacts({ lxcfs: { ...unmounted, state: "absent" } }))).toEqual([]);
});
