// What collectors make of shims, zombies, cgroups and mounts.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseMountinfo } from "../host/mountinfo.ts";
import type { ProcessStat } from "../host/proc.ts";
import { containerIdOf, findContainers, keyed, parseHierarchy, rootOf } from "./cgroups.ts";
import { parseProcessCgroup } from "./container-usage.ts";
import { filesystemFact, worthLooking } from "./filesystems.ts";
import { containerMounts, ownerOf, runtimeOf } from "./mounts.ts";
import { parseShim, zombieParents } from "./processes.ts";
import { usersOf } from "./runtimes.ts";

const id = "ab".repeat(32);
const other = "cd".repeat(32);

describe("shims", () => {
  it.each([
    [
      "containerd 1.6",
      [
        "/usr/bin/containerd-shim-runc-v2",
        "-namespace",
        "k8s.io",
        "-id",
        id,
        "-address",
        "/run/containerd/containerd.sock",
      ],
      { name: "containerd-shim-runc-v2", containerId: id, namespace: "k8s.io" },
    ],
    [
      "conmon",
      ["/usr/bin/conmon", "--api-version", "1", "-c", id, "-u", id, "-r", "/usr/bin/crun"],
      { name: "conmon", containerId: id, namespace: null },
    ],
    [
      "docker 17",
      ["docker-containerd-shim", id, `/var/run/docker/libcontainerd/${id}`, "docker-runc"],
      { name: "docker-containerd-shim", containerId: id, namespace: null },
    ],
    [
      "containerd 1.2",
      [
        "containerd-shim",
        "-namespace",
        "moby",
        "-workdir",
        `/var/lib/containerd/io.containerd.runtime.v1.linux/moby/${id}`,
        "-address",
        "/run/c.sock",
      ],
      { name: "containerd-shim", containerId: id, namespace: "moby" },
    ],
    ["start helper", ["/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", id, "start"], null],
    ["nothing readable", [], null],
  ])("reads the arguments of %s", (_, argv, expected) => expect(parseShim(argv)).toEqual(expected));
});

describe("zombies", () => {
  const p = (pid: number, ppid: number, state: string, name = "x"): ProcessStat => ({
    pid,
    ppid,
    name,
    state,
    threads: 1,
    startTicks: 1,
    rssPages: 1,
    cpuTicks: 0,
  });
  const all = [
    p(1, 0, "S", "init"),
    p(5, 1, "S", "app"),
    p(6, 5, "Z", "job"),
    p(7, 5, "Z", "job"),
    p(8, 1, "Z", "quick"),
  ];
  const table = { all, byPid: new Map(all.map((s) => [s.pid, s])) };

  it("counts those that were there at the last look too, by parent", () => {
    const found = zombieParents(table, new Set(["6/1", "7/1"]), () => id);
    expect(found).toEqual({
      count: 2,
      parents: [{ process: { pid: 5, startTicks: 1 }, name: "app", count: 2, containerId: id, sample: ["job"] }],
    });
    expect(zombieParents(table, new Set(), () => null).count).toBe(0);
  });
});

describe("cgroups", () => {
  it.each([
    [id, id],
    [`docker-${id}.scope`, id],
    [`cri-containerd-${id}.scope`, id],
    [`libpod-${id}.scope`, id],
    [`libpod-conmon-${id}.scope`, null],
    [`crio-conmon-${id}.scope`, null],
    ["kubepods-burstable-pod1.slice", null],
    [`${id}0`, null],
  ])("reads the id out of %s", (folder, expected) => expect(containerIdOf(folder)).toBe(expected));

  it("finds containers in a tree and does not enter them", () => {
    const root = mkdtempSync(join(tmpdir(), "nodeops-cg-"));
    mkdirSync(join(root, "kubepods/pod1", id, "inner"), { recursive: true });
    mkdirSync(join(root, `system.slice/docker-${other}.scope`), { recursive: true });
    expect(findContainers(root).found).toEqual([
      { containerId: id, path: `/kubepods/pod1/${id}` },
      { containerId: other, path: `/system.slice/docker-${other}.scope` },
    ]);
    rmSync(root, { recursive: true });
  });

  it.each([
    ["v2", "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw", "v2", "/sys/fs/cgroup"],
    [
      "v1",
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n33 31 0:30 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
      "v1",
      "/sys/fs/cgroup/pids",
    ],
    [
      "hybrid",
      "32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
      "hybrid",
      "/sys/fs/cgroup/memory",
    ],
    ["none", "27 1 254:0 / / rw - ext4 /dev/vda rw", "none", null],
  ])("tells %s", (_, text, version, root) => {
    const hierarchy = parseHierarchy(parseMountinfo(text));
    expect([hierarchy.version, rootOf(hierarchy)]).toEqual([version, root]);
  });

  it("reads keyed files and a process's groups", () => {
    expect(keyed("low 0\noom_kill 3\n", "oom_kill")).toBe(3);
    expect(keyed(null, "oom_kill")).toBeNull();
    expect([...parseProcessCgroup("4:cpu,cpuacct:/a\n0::/b\n")]).toEqual([
      ["cpu", "/a"],
      ["cpuacct", "/a"],
      ["", "/b"],
    ]);
  });
});

describe("container mounts", () => {
  it.each([
    [`/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/rootfs`, id],
    ["/run/containerd/io.containerd.runtime.v2.task/default/web/rootfs", "web"],
    [`/run/containerd/io.containerd.grpc.v1.cri/sandboxes/${id}/shm`, id],
    [`/var/lib/docker/containers/${id}/mounts/shm`, id],
    [`/var/lib/docker/overlay2/${id}/merged`, null],
    ["/var/lib/kubelet/pods/0191d3a0-0000-7000-8000-000000000001/volumes/x", "0191d3a0-0000-7000-8000-000000000001"],
    [`/var/lib/docker/volumes/${id}/_data`, null],
    ["/run/netns/cni-1234", null],
    ["/", null],
  ])("knows whose %s is", (path, owner) => expect(ownerOf(path)).toBe(owner));

  it("names every one of stacked mounts, the topmost last", () => {
    const point = `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/rootfs`;
    const mounts = parseMountinfo(
      `90 1 0:50 / ${point} rw - overlay overlay rw\n91 90 0:51 / ${point} rw - tmpfs cover rw`,
    );
    expect(containerMounts(mounts, [{ id: "containerd", rootDir: "/var/lib/containerd" }], () => false)).toEqual(
      [
        { type: "overlay", source: "overlay" },
        { type: "tmpfs", source: "cover" },
      ].map((layer) => ({
        mountPoint: point,
        ...layer,
        runtime: "containerd",
        containerId: id,
        stacked: 2,
        busy: false,
      })),
    );
    expect(runtimeOf("/var/lib/containerd/x", [{ id: "containerd", rootDir: "/var/lib/containerd" }])).toBe(
      "containerd",
    );
  });
});

describe("file systems", () => {
  const mounts = parseMountinfo(
    [
      "27 1 254:0 / / rw - ext4 /dev/vda rw",
      "28 27 254:0 /data /srv rw - ext4 /dev/vda rw",
      "29 27 0:21 / /proc rw - proc proc rw",
      "30 27 7:1 / /var/lib/containerd rw - ext4 /dev/loop1 rw",
      `31 27 0:50 / /run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/rootfs rw - overlay overlay rw`,
      "32 27 0:51 / /hidden rw - xfs /dev/vdb rw",
      "33 32 0:52 / /hidden rw - xfs /dev/vdc rw",
    ].join("\n"),
  );

  it("takes each real file system once and none that is hidden", () => {
    expect(worthLooking(mounts).map((m) => [m.mountPoint, m.source])).toEqual([
      ["/", "/dev/vda"],
      ["/hidden", "/dev/vdc"],
      ["/var/lib/containerd", "/dev/loop1"],
    ]);
  });

  it("computes use as df does, reserved blocks left out", () => {
    const [root] = worthLooking(mounts);
    if (!root) throw new Error("no root");
    const space = { totalBytes: 1_000, freeBytes: 150, availableBytes: 100, inodes: 200, inodesFree: 20 };
    const fact = filesystemFact(root, space, []);
    expect([fact.usedRatio, fact.inodesUsedRatio, fact.readOnly]).toEqual([0.895, 0.9, false]);
    expect(filesystemFact({ ...root, superOptions: ["ro"] }, { error: "x" }, [])).toMatchObject({
      readOnly: true,
      error: "x",
      totalBytes: 0,
    });
  });
});

describe("images", () => {
  it("counts users by id, digest and tag", () => {
    const image = { id: "sha256:1", runtime: "r", tags: ["a:1"], digests: ["a@sha256:2"], sizeBytes: 1, pinned: false };
    const c = (name: string, imageId: string | null) => ({ image: name, imageId });
    expect(usersOf(image, [c("x", "sha256:1"), c("a:1", null), c("y", "a@sha256:2"), c("z", "sha256:9")])).toBe(3);
  });
});
