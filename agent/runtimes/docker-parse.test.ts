// What Docker-compatible servers answer, as PouchContainer 1.3, Podman 4 and Docker 20 to 29 shape it: fields left out, other types, other names.

import { describe, expect, it } from "vitest";
import { ContainerFact, factSchemas } from "../../protocol/facts.ts";
import { apiFor } from "./docker.ts";
import {
  isYoung,
  parseContainer,
  parseImages,
  parseInfo,
  parseInspect,
  parseInstant,
  parseVersion,
  settledState,
} from "./docker-parse.ts";

const id = "4c1f".repeat(16);

/** PouchContainer: the state only in Status, names without slash, no limits in the list; paused is glued to the age. */
const pouchRow = (status: string) => ({
  Command: "sh -c serve",
  Created: 1_561_000_000,
  HostConfig: { Runtime: "runc", Memory: 0 },
  Id: id,
  Image: "registry.example.org/library/busybox:latest",
  ImageID: "sha256:aa",
  Labels: null,
  Mounts: [],
  Names: ["web"],
  NetworkSettings: { Networks: {} },
  Status: status,
});

describe("PouchContainer", () => {
  it.each([
    ["Up 3 days", "running"],
    ["Up 0 second", "running"],
    ["Up 2 hours(paused)", "paused"],
    ["Stopped (0) 4 minutes", "exited"],
    ["Exited (137) 1 week", "exited"],
    ["created", "created"],
    ["removing", "exited"],
    ["dead", "exited"],
  ])("%j is %s", (status, state) => {
    expect(parseContainer("pouch", pouchRow(status), {})).toMatchObject({ id, name: "web", state, labels: {} });
  });

  it("a container of it is a whole fact", () => {
    const inspect = {
      Id: id,
      Created: "2019-06-20T03:06:40.123456789Z",
      Image: "sha256:aa",
      RestartCount: 2,
      State: {
        Dead: false,
        Error: "",
        ExitCode: 0,
        Exited: false,
        FinishedAt: "",
        OOMKilled: false,
        Paused: false,
        Pid: 4711,
        Restarting: false,
        Running: true,
        StartedAt: "2019-06-20T03:06:41.5Z",
        Status: "running",
      },
      HostConfig: { CpuPeriod: 100_000, CpuQuota: 150_000, Memory: 134_217_728, Runtime: "kata-runtime" },
    };
    const fact = parseContainer("pouch", pouchRow("Up 3 days"), parseInspect(inspect));
    expect(ContainerFact.parse(fact)).toMatchObject({
      runtime: "pouch",
      image: "registry.example.org/library/busybox:latest",
      imageId: "sha256:aa",
      handler: "kata-runtime",
      createdAt: 1_561_000_000_000,
      startedAt: Date.parse("2019-06-20T03:06:41.500Z"),
      finishedAt: null,
      exitCode: null,
      pid: 4711,
      attempt: 2,
      cpuLimitMillis: 1_500,
      memoryLimitBytes: 134_217_728,
    });
  });

  it("stopped by its API has an exit code and no pid", () => {
    const state = { Status: "stopped", Running: false, Pid: 0, ExitCode: 143, FinishedAt: "2019-06-21T00:00:00Z" };
    expect(parseInspect({ State: state })).toMatchObject({
      exitCode: 143,
      pid: null,
      finishedAt: Date.parse("2019-06-21T00:00:00Z"),
      cpuLimitMillis: null,
      memoryLimitBytes: null,
    });
  });

  it("names its folder in its own way, and no components", () => {
    expect(parseVersion({ Version: "1.3.1", ApiVersion: "1.24", Os: "linux" }, "pouch")).toEqual({
      name: "pouch",
      version: "1.3.1",
      apiVersion: "1.24",
    });
    expect(parseInfo({ PouchRootDir: "/var/lib/pouch", Runtimes: null, DefaultRuntime: "runc" })).toEqual({
      handlers: ["runc"],
      rootDir: "/var/lib/pouch",
      conditions: [],
      cni: null,
    });
    expect(parseInfo({ PouchRootDir: "/p", Runtimes: { runc: { path: "" }, "kata-runtime": {} } }).handlers).toEqual([
      "kata-runtime",
      "runc",
    ]);
  });

  it("its images come with a time as text and perhaps without names", () => {
    const rows = [
      {
        Id: "sha256:bb",
        CreatedAt: "2019-01-01T00:00:00Z",
        RepoTags: ["registry.example.org/library/busybox:latest"],
        RepoDigests: ["registry.example.org/library/busybox@sha256:cc"],
        Size: 748_288,
      },
      { Id: "sha256:aa", RepoTags: null, Size: "?" },
      { RepoTags: ["without:id"] },
    ];
    const images = parseImages("pouch", rows);
    expect(images.map((image) => [image.id, image.tags.length, image.sizeBytes])).toEqual([
      ["sha256:aa", 0, 0],
      ["sha256:bb", 1, 748_288],
    ]);
    expect(
      factSchemas.images.safeParse(images.map(({ digests: _, ...image }) => ({ ...image, usedBy: 0 }))).success,
    ).toBe(true);
  });
});

describe("Docker and Podman", () => {
  it("are told apart by their components", () => {
    expect(
      parseVersion(
        { Version: "20.10.24", ApiVersion: "1.41", Components: [{ Name: "Engine" }, { Name: "containerd" }] },
        "x",
      ).name,
    ).toBe("docker");
    expect(
      parseVersion(
        { Version: "4.3.1", ApiVersion: "1.41", Components: [{ Name: "Podman Engine" }, { Name: "Conmon" }] },
        "docker",
      ).name,
    ).toBe("podman");
    expect(parseVersion("nonsense", "docker")).toEqual({ name: "docker", version: "", apiVersion: null });
  });

  it("containerd's shims are no handlers", () => {
    expect(
      parseInfo({ DockerRootDir: "/var/lib/docker", Runtimes: { "io.containerd.runc.v2": {}, runc: {}, crun: {} } })
        .handlers,
    ).toEqual(["crun", "runc"]);
  });

  it("a container that was never started has no exit code", () => {
    expect(
      parseInspect({ State: { Status: "created", ExitCode: 0, FinishedAt: "0001-01-01T00:00:00Z" } }),
    ).toMatchObject({ exitCode: null, finishedAt: null });
  });

  it("a paused container lives", () => {
    expect(parseInspect({ State: { Status: "paused", Paused: true, Pid: 9, ExitCode: 0 } })).toMatchObject({
      pid: 9,
      exitCode: null,
    });
  });

  it("what ended by lack of memory says so", () => {
    expect(parseInspect({ State: { Status: "exited", OOMKilled: true, ExitCode: 137 } })).toMatchObject({
      reason: "OOMKilled",
      exitCode: 137,
    });
  });

  it("images without a name", () => {
    expect(
      parseImages("docker", [{ Id: "sha256:a", RepoTags: ["<none>:<none>"], RepoDigests: ["<none>@<none>"], Size: 5 }]),
    ).toEqual([{ id: "sha256:a", runtime: "docker", tags: [], digests: [], sizeBytes: 5, pinned: false }]);
  });
});

describe("what may be kept between looks", () => {
  it.each([
    ["Up 3 hours", "Up 4 hours", true],
    ["Up 3 hours", "Up 3 hours (unhealthy)", true],
    ["Exited (1) 2 days ago", "Exited (1) 3 days ago", true],
    ["Exited (1) 2 days ago", "Exited (2) 2 days ago", false],
    ["Up 3 hours", "Exited (0) 3 hours ago", false],
    ["Up Less than a second", "Up 2 minutes", true],
  ])("%j then %j", (before, after, same) => {
    expect(settledState({ Status: before }) === settledState({ Status: after })).toBe(same);
  });

  it.each(["Up Less than a second", "Up 12 seconds", "Up About a minute", "Exited (1) 1 second ago", "Up 0 second"])(
    "%j may hide a restart",
    (status) => {
      expect(isYoung({ Status: status })).toBe(true);
    },
  );
  it.each(["Up 2 minutes", "Exited (0) 3 weeks ago", "created", ""])("%j does not", (status) => {
    expect(isYoung({ Status: status })).toBe(false);
  });
});

describe("times and versions", () => {
  it.each([
    [1_561_000_000, 1_561_000_000_000],
    ["1561000000", 1_561_000_000_000],
    [1_561_000_000_123_456_800, 1_561_000_000_123],
    ["2019-06-20T03:06:40.123456789Z", Date.parse("2019-06-20T03:06:40.123Z")],
    ["2019-06-20T11:06:40+08:00", Date.parse("2019-06-20T03:06:40Z")],
    ["0001-01-01T00:00:00Z", null],
    ["", null],
    [undefined, null],
    [-1, null],
  ])("%j", (value, at) => {
    expect(parseInstant(value)).toBe(at);
  });

  it.each([
    ["1.24", "", "1.24"],
    ["1.41", "1.12", "1.41"],
    ["1.52", "1.44", "1.44"],
    ["1.9", "", "1.9"],
    ["", "", ""],
    ["1.24-dev", "", ""],
  ])("a server of API %j that takes none below %j is spoken to in %j", (api, minimum, spoken) => {
    expect(apiFor(api, minimum)).toBe(spoken);
  });
});
