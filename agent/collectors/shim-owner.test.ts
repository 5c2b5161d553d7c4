// Whose a shim is: "not known" of an engine counts only for its own shims; containers that two APIs of one engine list are one.
import { describe, expect, it } from "vitest";
import type { Runtime } from "../runtimes/types.ts";
import { isNoRuntime, RuntimeWatch, type Watched } from "../runtimes/watch.ts";
import { knownToRuntimes, shimOwner, speaksFor } from "./processes.ts";
import { listedOnce } from "./runtimes.ts";

const id = "ab".repeat(32);
const shim = (namespace: string, address: string) =>
  shimOwner(["/usr/bin/containerd-shim-runc-v2", "-namespace", namespace, "-id", id, "-address", address]);
const conmon = (bundle: string) => shimOwner(["/usr/bin/conmon", "-c", id, "-u", id, "-b", bundle]);

const engine = (over: { kind: "cri" | "docker"; id: string; socket: string; name?: string; rootDir?: string }) => {
  const spec = {
    id: over.id,
    kind: over.kind,
    endpoint: `unix://${over.socket}`,
    module: over.id,
    metricsUrl: null,
    debugSocket: null,
  };
  return {
    runtime: { spec } as Runtime,
    version: { name: over.name ?? over.id, version: "1", apiVersion: null },
    details: { handlers: [], rootDir: over.rootDir ?? null, conditions: [], cni: null },
  };
};
const containerd = engine({ kind: "cri", id: "containerd", socket: "/run/containerd/containerd.sock" });
const docker = engine({ kind: "docker", id: "docker", socket: "/run/docker.sock" });
const pouch = engine({ kind: "docker", id: "pouch", socket: "/run/pouchd.sock" });
const podman = engine({
  kind: "docker",
  id: "podman",
  socket: "/run/podman/podman.sock",
  rootDir: "/var/lib/containers/storage",
});

describe("who speaks for a shim", () => {
  it.each([
    ["pod of kubelet", shim("k8s.io", "/run/containerd/containerd.sock"), ["containerd"]],
    ["Docker on the node's containerd", shim("moby", "/run/containerd/containerd.sock"), ["containerd", "docker"]],
    ["Docker on its own containerd", shim("moby", "/var/run/docker/containerd/containerd.sock"), ["docker"]],
    ["a plugin of Docker on its own containerd", shim("plugins.moby", "/run/docker/containerd/containerd.sock"), []],
    ["a build on a containerd that nobody asks", shim("buildkit", "/run/other/containerd.sock"), []],
    ["PouchContainer", shim("default", "/var/run/containerd.sock"), ["pouch"]],
    ["Podman", conmon(`/var/lib/containers/storage/overlay-containers/${id}/userdata`), ["podman"]],
    [
      "Podman of another user",
      conmon(`/home/ann/.local/share/containers/storage/overlay-containers/${id}/userdata`),
      [],
    ],
    [
      "Docker 17",
      shimOwner(["docker-containerd-shim", id, `/var/run/docker/libcontainerd/${id}`, "docker-runc"]),
      ["docker"],
    ],
  ])("%s", (_, owner, speakers) => {
    const all = [containerd, docker, pouch, podman];
    expect(all.filter((w) => speaksFor(w, owner)).map((w) => w.runtime.spec.id)).toEqual(speakers);
  });

  it("nobody's word is no proof: unknown stays open", async () => {
    const runtimes = new RuntimeWatch((spec) => emptyRuntime(spec));
    runtimes.use([docker.runtime.spec]);
    for (const watched of runtimes.all()) await runtimes.probe(watched);
    const ask = (owner: ReturnType<typeof shim>) => knownToRuntimes({ runtimes }, id, owner.namespace, 0, owner);
    expect(await ask(shim("k8s.io", "/run/containerd/containerd.sock"))).toBeNull();
    expect(await ask(shim("moby", "/run/docker/containerd/containerd.sock"))).toBe(false);
    runtimes.use([]);
    expect(await ask(shim("moby", "/run/docker/containerd/containerd.sock"))).toBeNull();
  });
});

it("a pod is known by its uid too, whether its container or only its sandbox is listed", async () => {
  const uid = "0191d3a0-0000-7000-8000-000000000001";
  const ask = async (lists: Partial<Runtime>) => {
    const runtimes = new RuntimeWatch((spec) => ({ ...emptyRuntime(spec), ...lists }));
    runtimes.use([containerd.runtime.spec]);
    for (const watched of runtimes.all()) await runtimes.probe(watched);
    return knownToRuntimes({ runtimes }, uid, null, 0);
  };
  expect(await ask({})).toBe(false);
  expect(await ask({ containers: async () => [{ id: "c", podId: "p", podUid: uid } as never] })).toBe(true);
  expect(await ask({ pods: async () => [{ id: "p", uid } as never] })).toBe(true);
});

/** A Docker that answers and has nothing. */
function emptyRuntime(spec: Runtime["spec"]): Runtime {
  const nothing = {
    version: async () => docker.version,
    details: async () => docker.details,
    containers: async () => [],
    pods: async () => [],
  };
  return { ...nothing, spec, tasks: async () => new Set<string>(), close: () => undefined } as unknown as Runtime;
}

it("an engine with two APIs lists a container once, the pod's side first", () => {
  const lists: { id: string; podId: string | null }[][] = [
    [{ id: "a", podId: "p" }],
    [
      { id: "a", podId: null },
      { id: "b", podId: null },
    ],
  ];
  expect(listedOnce(lists)).toEqual([
    { id: "a", podId: "p" },
    { id: "b", podId: null },
  ]);
});

describe("a socket without a runtime", () => {
  const silent = (base: ReturnType<typeof engine>, code: string, version: Watched["version"] = null): Watched => ({
    ...base,
    version,
    probe: { ok: false, latencyMs: 1, code, error: code, failingSince: 1, failures: 1 },
    inventory: null,
    imageCount: 0,
  });
  const second = engine({ kind: "cri", id: "pouchd", socket: "/run/pouchcri.sock" });
  const first = engine({ kind: "docker", id: "pouchd", socket: "/run/pouchd.sock" });
  it.each([
    ["a containerd without CRI", silent(containerd, "UNIMPLEMENTED"), [], true],
    ["a containerd that is down", silent(containerd, "ECONNREFUSED"), [], false],
    ["CRI of an engine that is switched off", silent(second, "ECONNREFUSED"), [silent(first, "ECONNREFUSED")], true],
    [
      "CRI of an engine that did answer",
      silent(second, "ECONNREFUSED", second.version),
      [silent(first, "ECONNREFUSED")],
      false,
    ],
    ["the engine itself", silent(first, "ECONNREFUSED"), [silent(second, "ECONNREFUSED")], false],
  ])("%s", (_, watched, others, none) => {
    expect(isNoRuntime(watched, [watched, ...others])).toBe(none);
  });
});
