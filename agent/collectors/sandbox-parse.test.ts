// Arguments of sandbox processes, calls of OCI runtimes, and handlers in configuration files: tables of what real programs show.
import { describe, expect, it } from "vitest";
import type { RuntimeWatch } from "../runtimes/watch.ts";
import {
  joinBundles,
  mayBeSandbox,
  parseDockerHandlers,
  parseHandlers,
  parseRuntimeCall,
  parseSandbox,
  parseSocket,
  shimOf,
} from "./sandbox-parse.ts";
import { listed } from "./sandboxes.ts";

const id = "ab".repeat(32);
const bundle = `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}`;

describe("processes of sandboxes", () => {
  it.each([
    [
      "gVisor's sandbox",
      ["runsc-sandbox", "--root=/run/containerd/runsc/k8s.io", "boot", `--bundle=${bundle}`, "--pidns=true", id],
      { kind: "gvisor", role: "sentry", containerId: id, bundle },
    ],
    [
      "gVisor's gofer",
      ["runsc-gofer", "--root=/run/x", "--log-fd=3", "gofer", "--bundle", bundle, "--spec-fd=4"],
      { kind: "gvisor", role: "gofer", containerId: id, bundle },
    ],
    ["runsc wait", ["/usr/bin/runsc", "--root", "/run/x", "wait", id], null],
    ["what runs inside gVisor", ["[exe]"], null],
    [
      "QEMU of Kata",
      ["/usr/bin/qemu-system-x86_64", "-name", `sandbox-${id},debug-threads=on`, "-uuid", "x"],
      { kind: "kata", role: "vm", containerId: id, bundle: null },
    ],
    ["QEMU of libvirt", ["/usr/bin/qemu-system-x86_64", "-name", "guest=web,debug-threads=on"], null],
    [
      "cloud-hypervisor of Kata",
      ["/opt/kata/bin/cloud-hypervisor", "--api-socket", `/run/vc/vm/${id}/clh-api.sock`],
      { kind: "kata", role: "vm", containerId: id, bundle: null },
    ],
    [
      "firecracker of Kata",
      ["/firecracker", "--api-sock", `/run/vc/firecracker/${id}/root/run/firecracker.socket`],
      { kind: "kata", role: "vm", containerId: id, bundle: null },
    ],
    ["firecracker of somebody else", ["/usr/bin/firecracker", "--api-sock", "/tmp/fc.sock"], null],
    [
      "virtiofsd of Kata",
      ["/usr/libexec/virtiofsd", `--socket-path=/run/vc/vm/${id}/vhost-fs.sock`],
      { kind: "kata", role: "helper", containerId: id, bundle: null },
    ],
    [
      "LXC's monitor",
      ["[lxc monitor] /var/lib/lxc old-app"],
      { kind: "lxc", role: "monitor", containerId: "old-app", bundle: null },
    ],
    ["a container of LXD", ["[lxc monitor] /var/snap/lxd/common/lxd/containers web"], null],
    ["a container of Incus", ["[lxc monitor] /var/lib/incus/containers web"], null],
    ["a user's own container", ["[lxc monitor] /home/ann/.local/share/lxc desk"], null],
    ["LXC started for another folder", ["lxc-start", "-P", "/srv/lxc", "-n", "web"], null],
    [
      "LXC in the foreground",
      ["lxc-start", "-n", "old-app", "-F"],
      { kind: "lxc", role: "monitor", containerId: "old-app", bundle: null },
    ],
    ["a shell", ["/bin/bash", "-c", "runsc boot x"], null],
    ["nothing readable", [], null],
  ])("reads %s", (_, argv, expected) => expect(parseSandbox(argv)).toEqual(expected));

  it("gives a gofer the id of the sandbox with the same bundle", () => {
    const sentry = { kind: "gvisor", role: "sentry", containerId: "one", bundle: "/tmp/b" } as const;
    const gofer = { kind: "gvisor", role: "gofer", containerId: "b", bundle: "/tmp/b" } as const;
    const other = { ...gofer, containerId: "c", bundle: "/tmp/c" };
    expect(joinBundles([gofer, sentry, other]).map((p) => p.containerId)).toEqual(["one", "one", "c"]);
  });

  it.each([
    ["exe", true],
    ["qemu-system-x86", true],
    ["cloud-hyperviso", true],
    ["lxc-start", true],
    ["lxcfs", false],
    ["bash", false],
  ])("looks at the arguments of %s: %s", (comm, expected) => expect(mayBeSandbox(comm)).toBe(expected));
});

describe("calls of OCI runtimes", () => {
  it.each([
    ["a kill", ["runc", "--root", "/run/x", "kill", id, "9"], { verb: "kill", containerId: id }],
    ["a create", ["crun", "--log=x", "create", "--bundle", "/b", id], { verb: "create", containerId: id }],
    ["an exec that returns", ["runc", "exec", "--process", "/p", "--detach", id], { verb: "exec", containerId: id }],
    ["an exec that stays", ["runc", "exec", "-t", id, "sh"], null],
    ["a run", ["runc", "run", id], null],
    ["the first process of a container", ["runc", "init"], null],
  ])("reads %s", (_, argv, expected) => expect(parseRuntimeCall(argv)).toEqual(expected));
});

describe("handlers", () => {
  it.each([
    ["io.containerd.runc.v2", "containerd-shim-runc-v2"],
    ["io.containerd.kata-qemu.v2", "containerd-shim-kata-qemu-v2"],
    ["/opt/shims/mine", "/opt/shims/mine"],
    ["oci", null],
  ])("the shim of %s is %s", (type, shim) => expect(shimOf(type)).toBe(shim));

  it("reads containerd's and CRI-O's tables", () => {
    const containerd = `
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    BinaryName = "/usr/sbin/runc" # Debian's
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes."kata"]
  runtime_type = "io.containerd.kata.v2"
[plugins."io.containerd.grpc.v1.cri".registry]
  runtime_type = "no"
`;
    expect(parseHandlers(containerd)).toEqual([
      { name: "runc", binary: "/usr/sbin/runc" },
      { name: "kata", binary: "containerd-shim-kata-v2" },
    ]);
    expect(parseHandlers('[crio.runtime.runtimes.crun]\nruntime_path = "/usr/bin/crun"\nruntime_type = "oci"')).toEqual(
      [{ name: "crun", binary: "/usr/bin/crun" }],
    );
    expect(parseHandlers("not toml [")).toEqual([]);
  });

  it("reads Docker's file, and nothing out of a broken one", () => {
    expect(
      parseDockerHandlers(
        '{"runtimes":{"runsc":{"path":"/usr/bin/runsc"},"k":{"runtimeType":"io.containerd.kata.v2"}}}',
      ),
    ).toEqual([
      { name: "runsc", binary: "/usr/bin/runsc" },
      { name: "k", binary: "containerd-shim-kata-v2" },
    ]);
    expect(parseDockerHandlers("{")).toEqual([]);
  });

  it("finds containerd's socket in its own table only", () => {
    expect(parseSocket('[debug]\naddress = "/a"\n[grpc]\n  address = "/run/mine.sock"\n')).toBe("/run/mine.sock");
    expect(parseSocket('[debug]\naddress = "/a"')).toBeNull();
  });
});

describe("what runtimes list", () => {
  it("is unknown where there is no runtime: nobody is there to list a sandbox", async () => {
    const none = { all: () => [] } as unknown as RuntimeWatch; // asked for nothing else
    expect(await listed({ runtimes: none })).toBeNull();
  });
});
