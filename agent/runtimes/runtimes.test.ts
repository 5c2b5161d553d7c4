// Runtime protocols: our Protocol Buffers against their rules, gRPC and the Docker API against small servers on real unix sockets.

import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer as createHttp, type Server } from "node:http";
import { createServer as createHttp2, type Http2Server } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentConfig } from "../config.ts";
import { configFrom, parseConfig } from "./cri-config.ts";
import { ContainerConfig } from "./cri-messages.ts";
import { networkOf } from "./cri-namespace.ts";
import { detectRuntimes, parseContainerdConfig, realSocket } from "./detect.ts";
import { DockerRuntime } from "./docker.ts";
import { parseContainer, parseInspect, parseInstant, parseState } from "./docker-parse.ts";
import { GrpcChannel, method } from "./grpc.ts";
import { decodeMessage, encodeMessage, ProtobufError } from "./protobuf.ts";

const Sample = {
  name: [1, "string"],
  count: [2, "int"],
  on: [3, "bool"],
  list: [4, ["string"]],
  inner: [5, { id: [1, "string"] }],
  labels: [6, "map"],
} as const;
const Echo = method("/test.Echo/Say", Sample, Sample);

let folder: string;
const closers: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nodeops-rt-"));
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
  rmSync(folder, { recursive: true, force: true });
});

describe("protocol buffers", () => {
  it("writes the bytes that the specification gives", () => {
    expect([...encodeMessage({ a: [1, "int"] }, { a: 150 })]).toEqual([0x08, 0x96, 0x01]);
    expect([...encodeMessage({ b: [2, "string"] }, { b: "testing" })]).toEqual([
      0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67,
    ]);
    expect([...encodeMessage({ a: [1, "int"] }, { a: 0 })]).toEqual([]);
    expect(encodeMessage({ a: [1, "int"] }, { a: -1 })).toHaveLength(11);
  });

  it("gives back what was written", () => {
    const sample = fc.record({
      name: fc.string(),
      count: fc.maxSafeInteger(),
      on: fc.boolean(),
      list: fc.array(fc.string(), { maxLength: 4 }),
      inner: fc.option(fc.record({ id: fc.string() })),
      labels: fc.dictionary(
        fc.string().filter((k) => k !== "__proto__"),
        fc.string(),
        { noNullPrototype: true },
      ),
    });
    fc.assert(
      fc.property(sample, (value) => {
        expect(decodeMessage(Sample, encodeMessage(Sample, value))).toEqual(value);
      }),
    );
  });

  it("skips what it does not know", () => {
    const wide = { extra: [9, "string"], number: [10, "int"], name: [1, "string"] } as const;
    expect(decodeMessage({ name: [1, "string"] }, encodeMessage(wide, { extra: "x", number: 7, name: "n" }))).toEqual({
      name: "n",
    });
  });

  it("answers noise with a message or its own error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
        try {
          decodeMessage(Sample, noise);
        } catch (err) {
          expect(err).toBeInstanceOf(ProtobufError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

function serveGrpc(answer: {
  status?: string;
  message?: string;
  silent?: boolean;
}): Promise<{ socket: string; server: Http2Server }> {
  const socket = join(folder, "grpc.sock");
  const server = createHttp2();
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined); // a cancelled call
    if (answer.silent) return;
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () =>
        stream.sendTrailers({ "grpc-status": answer.status ?? "0", "grpc-message": answer.message ?? "" }),
      );
      stream.end((answer.status ?? "0") === "0" ? Buffer.concat(chunks) : undefined);
    });
    expect(headers[":authority"]).toBe("localhost");
  });
  closers.push(() => server.close());
  return new Promise((resolve) => server.listen(socket, () => resolve({ socket, server })));
}

describe("gRPC", () => {
  const open = (socket: string): GrpcChannel => {
    const channel = new GrpcChannel(socket);
    closers.unshift(() => channel.close());
    return channel;
  };

  it("carries a message there and back", async () => {
    const { socket } = await serveGrpc({});
    expect(await open(socket).call(Echo, { name: "x", list: ["a", "b"] }, 2_000)).toMatchObject({
      name: "x",
      list: ["a", "b"],
      count: 0,
    });
  });

  it("names the status and decodes its message", async () => {
    const { socket } = await serveGrpc({ status: "5", message: "no%20such%20container" });
    await expect(open(socket).call(Echo, {}, 2_000)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "no such container",
    });
  });

  it("gives up a silent server at the deadline", async () => {
    const { socket } = await serveGrpc({ silent: true });
    await expect(open(socket).call(Echo, {}, 100)).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  });

  it("gives up when it is told to, and tells the server", async () => {
    const { socket, server } = await serveGrpc({ silent: true });
    const told = new Promise((resolve) => server.on("stream", (stream) => stream.on("close", resolve)));
    const given = new AbortController();
    const call = open(socket).call(Echo, {}, 60_000, {}, given.signal);
    server.once("stream", () => given.abort());
    await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
    await told;
  });

  it("says that nobody listens, and finds the server once it is there", async () => {
    const channel = open(join(folder, "grpc.sock"));
    await expect(channel.call(Echo, {}, 1_000)).rejects.toMatchObject({ code: "ENOENT" });
    await serveGrpc({});
    expect(await channel.call(Echo, { count: 3 }, 2_000)).toMatchObject({ count: 3 });
  });

  it("does not answer from a kept connection when the socket's file is gone", async () => {
    const { socket } = await serveGrpc({});
    const channel = open(socket);
    expect(await channel.call(Echo, { count: 1 }, 2_000)).toMatchObject({ count: 1 });
    rmSync(socket);
    await expect(channel.call(Echo, {}, 1_000)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("CRI", () => {
  it("reads containerd's own configuration", () => {
    const config = {
      containerd: { runtimes: { runc: {}, runsc: {} } },
      containerdRootDir: "/var/lib/containerd",
      sandboxImage: "pause:3",
      cni: { binDir: "/usr/lib/cni", confDir: "/etc/cni/net.d" },
    };
    expect(parseConfig(JSON.stringify(config))).toEqual({
      handlers: ["runc", "runsc"],
      rootDir: "/var/lib/containerd",
      sandboxImage: "pause:3",
      cni: { confDir: "/etc/cni/net.d", binDirs: ["/usr/lib/cni"] },
    });
    expect(parseConfig(undefined)).toEqual({ handlers: [], rootDir: null, sandboxImage: null, cni: null });
  });

  it("makes a container's configuration anew, or refuses when it does not know all of it", () => {
    const json = {
      metadata: { name: "a", attempt: 1 },
      command: ["sh"],
      linux: { resources: { cpu_quota: 5 }, security_context: { masked_paths: ["/proc/kcore"] } },
    };
    const bytes = encodeMessage(ContainerConfig, configFrom(ContainerConfig, json, "container"));
    expect(decodeMessage(ContainerConfig, bytes)).toMatchObject({
      command: ["sh"],
      linux: { resources: { cpu_quota: 5 }, security_context: { masked_paths: ["/proc/kcore"] } },
    });
    expect(() => configFrom(ContainerConfig, { ...json, cdi_devices: [] }, "container")).toThrow(/cdi_devices/);
    expect(() => configFrom(ContainerConfig, undefined, "container")).toThrow(/does not tell/);
  });
});

describe("the network namespace of a pod", () => {
  const spec = (namespaces?: object[]) => JSON.stringify({ runtimeSpec: { linux: { namespaces } } });
  const path = "/var/run/netns/cni-1";
  it.each([
    ["of its specification", spec([{ type: "pid" }, { type: "network", path }]), 0, path],
    ["the node's: none in its specification", spec([{ type: "pid" }]), 2, "none"],
    ["made by the OCI runtime, pinned nowhere", spec([{ type: "network" }]), 0, "none"],
    ["of a sandbox that a shim makes", JSON.stringify({ sandboxMetadata: { NetNSPath: path } }), 0, path],
    ["the same, with its version", JSON.stringify({ sandboxMetadata: { Metadata: { NetNSPath: path } } }), 0, path],
    ["not told", "{}", 0, null],
    ["no verbose answer", undefined, 0, null],
    ["not told, but it is the node's", undefined, 2, "none"],
    ["a specification without namespaces", spec(undefined), 0, null],
  ])("%s", (_, info, mode, expected) => expect(networkOf(info, mode)).toBe(expected));
});

describe("detection", () => {
  it("reads the addresses out of containerd's file", () => {
    const text =
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[debug]\n address = "/run/d.sock"\n[metrics]\n  address = "127.0.0.1:1338" # here\n[plugins."x"]\n address = "no"\n';
    expect(parseContainerdConfig(text)).toEqual({ metrics: "127.0.0.1:1338", debug: "/run/d.sock", criDisabled: true });
  });

  it("a socket that is a link to another one is one runtime", () => {
    expect(realSocket("/var/run/nowhere.sock")).toBe("/run/nowhere.sock");
    const target = join(folder, "podman.sock");
    writeFileSync(target, "");
    symlinkSync(target, join(folder, "docker.sock"));
    expect(realSocket(join(folder, "docker.sock"))).toBe(realSocket(target));
  });

  it("takes what the configuration names, under its usual id", () => {
    const config = AgentConfig.parse({
      autodetect: false,
      runtimes: [
        { kind: "cri", endpoint: "unix:///run/containerd/containerd.sock" },
        { kind: "docker", endpoint: "unix:///x.sock", id: "mine" },
      ],
    });
    expect(detectRuntimes(config, []).map((r) => [r.id, r.module])).toEqual([
      ["containerd", "containerd"],
      ["mine", null],
    ]);
  });
});

/** A Docker-compatible server that answers from a table and remembers what it was asked. */
async function serveDocker(answers: Record<string, unknown>): Promise<{ runtime: DockerRuntime; asked: string[] }> {
  const asked: string[] = [];
  const socketPath = join(folder, "docker.sock");
  const server: Server = createHttp((req, res) => {
    asked.push(`${req.method} ${req.url}`);
    const answer = answers[`${req.method} ${req.url}`];
    res.statusCode = answer === undefined ? 404 : 200;
    res.end(JSON.stringify(answer ?? { message: "page not found" }));
  });
  closers.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const spec = {
    id: "docker",
    kind: "docker" as const,
    endpoint: `unix://${socketPath}`,
    module: "dockerd",
    metricsUrl: null,
    debugSocket: null,
  };
  return { runtime: new DockerRuntime(spec), asked };
}

describe("Docker-compatible API", () => {
  it("gives up an image when it is told to, and hangs up", async () => {
    const given = new AbortController();
    const socketPath = join(folder, "docker.sock");
    let isHungUp: Promise<unknown> = Promise.resolve();
    const server = createHttp((req, res) => {
      if (req.method === "GET") return void res.end('{"Version":"24","ApiVersion":"1.43"}');
      isHungUp = new Promise((resolve) => req.socket.on("close", resolve));
      res.write('{"status":"Pulling"}\n', () => given.abort());
    });
    closers.push(() => server.close());
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    const rest = { id: "docker", kind: "docker" as const, module: "dockerd", metricsUrl: null, debugSocket: null };
    const runtime = new DockerRuntime({ ...rest, endpoint: `unix://${socketPath}` });
    await expect(runtime.pullImage("busybox:1", 60_000, given.signal)).rejects.toMatchObject({ code: "CANCELLED" });
    await isHungUp;
  });

  it("speaks the older of both versions", async () => {
    const { runtime, asked } = await serveDocker({
      "GET /version": { Version: "1.13.1", ApiVersion: "1.26" },
      "GET /v1.26/images/json": [],
    });
    await runtime.images();
    expect(asked).toEqual(["GET /version", "GET /v1.26/images/json"]);
    expect(await runtime.version()).toEqual({ name: "docker", version: "1.13.1", apiVersion: "1.26" });
  });

  it("does not go beyond what it was written for", async () => {
    const { runtime, asked } = await serveDocker({
      "GET /version": { Version: "29", ApiVersion: "1.52", Components: [{ Name: "Podman Engine" }] },
      "GET /v1.41/images/json": [],
    });
    await runtime.images();
    expect(asked.at(-1)).toBe("GET /v1.41/images/json");
    expect((await runtime.version()).name).toBe("podman");
  });

  it("inspects each container once per state and leaves out what is gone meanwhile", async () => {
    const row = {
      Id: "c1",
      Names: ["/web"],
      Image: "a:1",
      ImageID: "sha256:1",
      State: "running",
      Status: "Up 3 hours",
      Created: 1_700_000_000,
      Labels: { tier: "web" },
    };
    const inspect = {
      State: { Running: true, Pid: process.pid, StartedAt: "2024-01-01T00:00:00Z" },
      HostConfig: { Memory: 1024, NanoCpus: 500_000_000, Runtime: "runc" },
    };
    const { runtime, asked } = await serveDocker({
      "GET /version": { Version: "24", ApiVersion: "1.41" },
      "GET /v1.41/containers/json?all=1": [row, { Id: "gone", State: "running" }],
      "GET /v1.41/containers/c1/json": inspect,
    });
    const [container, ...rest] = await runtime.containers();
    await runtime.containers();
    expect(rest).toEqual([]);
    expect(container).toMatchObject({
      id: "c1",
      name: "web",
      state: "running",
      pid: process.pid,
      cpuLimitMillis: 500,
      memoryLimitBytes: 1024,
      handler: "runc",
      labels: { tier: "web" },
    });
    expect(asked.filter((a) => a.includes("/c1/"))).toHaveLength(1);
  });

  it("PouchContainer: old API, state only in words, restart in one call, /info once a minute", async () => {
    const row = {
      Id: "c1",
      Names: ["web"],
      Image: "a:1",
      ImageID: "sha256:1",
      Status: "Up 3 hours",
      Created: 1_700_000_000,
    };
    const inspect = { State: { Status: "running", Running: true, Pid: process.pid }, HostConfig: { Runtime: "runc" } };
    const { runtime, asked } = await serveDocker({
      "GET /version": { Version: "1.3.1", ApiVersion: "1.24" },
      "GET /v1.24/info": { PouchRootDir: "/var/lib/pouch", Runtimes: { runc: {} } },
      "GET /v1.24/containers/json?all=1": [row],
      "GET /v1.24/containers/c1/json": inspect,
      "POST /v1.24/containers/c1/restart?t=5": "",
    });
    expect(await runtime.details()).toMatchObject({ rootDir: "/var/lib/pouch", handlers: ["runc"] });
    await runtime.details();
    expect(asked.filter((a) => a.endsWith("/info"))).toHaveLength(1);
    expect(await runtime.containers()).toMatchObject([{ id: "c1", name: "web", state: "running", pid: process.pid }]);
    expect(await runtime.restartContainer("c1", 5_000)).toBe("c1");
    await runtime.containers();
    expect(asked.filter((a) => a.endsWith("/c1/json"))).toHaveLength(2);
  });

  it("a container in its first minute, or whose process is gone, is looked at anew", async () => {
    const row = { Id: "c1", State: "running", Status: "Up 3 hours" };
    const inspect = { State: { Status: "running", Running: true, Pid: 2 ** 22 + 1 } };
    const answers = { "GET /version": { ApiVersion: "1.41" }, "GET /v1.41/containers/c1/json": inspect };
    const { runtime, asked } = await serveDocker({ ...answers, "GET /v1.41/containers/json?all=1": [row] });
    for (let look = 0; look < 2; look += 1) await runtime.containers();
    expect(asked.filter((a) => a.endsWith("/c1/json"))).toHaveLength(2);
  });

  it("goes without a version in the path where the server knows none", async () => {
    const { runtime, asked } = await serveDocker({ "GET /version": { ApiVersion: "1.24" }, "GET /images/json": [] });
    expect(await runtime.images()).toEqual([]);
    await runtime.images();
    expect(asked).toEqual(["GET /version", "GET /v1.24/images/json", "GET /images/json", "GET /images/json"]);
  });

  it("tells the server's own words on errors", async () => {
    const { runtime } = await serveDocker({ "GET /version": { ApiVersion: "1.41" } });
    await expect(runtime.removeContainer("x")).rejects.toMatchObject({
      code: "HTTP_404",
      message: expect.stringContaining("page not found"),
    });
  });

  it.each([
    ["running", "Up 3 hours", "running"],
    ["", "Up 2 minutes (Paused)", "paused"],
    [undefined, "Exited (137) 2 days ago", "exited"],
    ["dead", "", "exited"],
    [undefined, "stopped", "exited"],
    ["", "", "unknown"],
  ])("reads state %s, status %s", (state, status, expected) => expect(parseState(state, status)).toBe(expected));

  it("reads PouchContainer's shapes and survives missing fields", () => {
    const row = { ID: "p1", Names: ["web"], Status: "running", Created: 1_700_000_000_000_000_000 };
    expect(parseContainer("pouch", row, parseInspect({}))).toMatchObject({
      id: "p1",
      name: "web",
      state: "running",
      createdAt: 1_700_000_000_000,
    });
    expect(parseContainer("pouch", null, {})).toMatchObject({ id: "", state: "unknown" });
    expect([parseInstant("0001-01-01T00:00:00Z"), parseInstant("rubbish"), parseInstant(5)]).toEqual([
      null,
      null,
      5_000,
    ]);
  });
});
