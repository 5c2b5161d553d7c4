// cni-broken: which files count, which cause is told, and nodes without CNI.
import { expect, it } from "vitest";
import { problemsOf } from "../testing/catalogue.ts";
import { aRuntime, healthyData, hexId, NOW, nodeFacts } from "../testing/facts.ts";
import { cniBroken } from "./cni-broken.ts";

const base = healthyData().cni;
const file = (name: string, over: Partial<(typeof base.files)[number]> = {}) => ({
  name,
  sha256: hexId(name),
  sizeBytes: 10,
  modifiedAt: NOW,
  valid: true,
  error: null,
  network: "n",
  plugins: ["bridge"],
  missingPlugins: [],
  lastGood: null,
  ...over,
});
const bad = { valid: false, error: "not JSON" };
const cni = (files: (typeof base.files)[number][], missingFiles: typeof base.missingFiles = []) => ({
  cni: { ...base, files, missingFiles },
});
const notReady = aRuntime({
  conditions: [{ type: "NetworkReady", status: false, reason: "NetworkPluginNotReady", message: "no config" }],
});

it("shares a cause between nodes with the same broken content", () => {
  expect(problemsOf(cniBroken, nodeFacts(cni([file("10-a.conflist", bad)])))).toMatchObject([
    { subject: "10-a.conflist", reason: "ConfigInvalid", causeKey: `cni:10-a.conflist:${hexId("10-a.conflist")}` },
  ]);
});

it("looks at the file that runtimes take, not at those behind it", () => {
  expect(problemsOf(cniBroken, nodeFacts(cni([file("10-a.conf"), file("99-b.conf", bad)])))).toEqual([]);
  expect(
    problemsOf(cniBroken, nodeFacts(cni([file("99-b.conf"), file("10-a.conf", bad)]))).map((p) => p.subject),
  ).toEqual(["10-a.conf"]);
});

it("tells the file as the cause, and the runtime's word only where no file explains it", () => {
  expect(
    problemsOf(cniBroken, nodeFacts({ ...cni([file("10-a.conf", bad)]), runtimes: [notReady] })).map((p) => p.subject),
  ).toEqual(["10-a.conf"]);
  expect(problemsOf(cniBroken, nodeFacts({ runtimes: [notReady] })).map((p) => p.reason)).toEqual(["NetworkNotReady"]);
});

it("a file that vanished is a loss only when the network suffers", () => {
  const gone = [{ name: "05-old.conf", sha256: hexId("old"), at: NOW - 1_000 }];
  expect(problemsOf(cniBroken, nodeFacts(cni([file("10-a.conf")], gone)))).toEqual([]);
  expect(problemsOf(cniBroken, nodeFacts({ ...cni([file("10-a.conf")], gone), runtimes: [notReady] }))).toMatchObject([
    { reason: "ConfigGone" },
  ]);
});

it("says nothing where no runtime uses CNI", () => {
  expect(
    problemsOf(cniBroken, nodeFacts({ ...cni([file("10-a.conf", bad)]), runtimes: [aRuntime({ kind: "docker" })] })),
  ).toEqual([]);
});

it("says nothing of a containerd that only carries Docker, until somebody runs pods with it", () => {
  const docker = aRuntime({ id: "docker", kind: "docker", conditions: [] });
  const idle = { ...notReady, podCount: 0 };
  const noKubelet = { modules: healthyData().modules.filter((m) => m.kind !== "kubelet") };
  const outcome = (runtimes: (typeof docker)[], over = {}) =>
    problemsOf(cniBroken, nodeFacts({ ...cni([]), ...noKubelet, runtimes, ...over })).map((p) => p.subject);
  expect(outcome([idle, docker])).toEqual([]);
  expect(outcome([idle])).toEqual([idle.id]);
  expect(outcome([{ ...idle, podCount: 1 }, docker])).toEqual([idle.id]);
  const kubelet = { ...healthyData().modules[0], name: "kubelet", kind: "kubelet", state: "running" };
  expect(outcome([idle, docker], { modules: [kubelet] })).toEqual([idle.id]);
});
