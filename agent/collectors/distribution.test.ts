// Mirrors, peers, on-demand layers, stages of starts and layers, read from other programs' files.
import { describe, expect, it } from "vitest";
import { aContainer, aPod, NOW } from "../../testing/facts.ts";
import { majorFaults, sameImage } from "./distribution.ts";
import { chainIds, manifestLayers, splitTag } from "./image-layers.ts";
import {
  configPath,
  hostPort,
  parseContainerdMirrors,
  parseDaemonJson,
  parseDragonfly,
  parseHostsToml,
} from "./mirror-config.ts";
import { configOf, layersState } from "./on-demand.ts";
import { nextReach } from "./reach.ts";
import { compareCalls, median, startsOf } from "./start-times.ts";

describe("mirrors", () => {
  it("reads hosts.toml", () => {
    const text =
      'server = "https://docker.io"\n\n[host."http://127.0.0.1:65001"]\n  capabilities = ["pull", "resolve"]\n  [host."http://127.0.0.1:65001".header]\n    X-Dragonfly-Registry = ["https://docker.io"]\n[host."https://mirror.example.test"]\n';
    expect(parseHostsToml("docker.io", "f", text).map((m) => m.endpoint)).toEqual([
      "http://127.0.0.1:65001",
      "https://mirror.example.test",
    ]);
  });

  it("reads the older tables of containerd", () => {
    const text =
      '[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\n  endpoint = ["https://a.example.test", "https://b.example.test"]\n[plugins."x".registry]\n  endpoint = ["https://no.example.test"]\n  config_path = "/etc/containerd/certs.d"\n';
    expect(parseContainerdMirrors("f", text).map((m) => [m.registry, m.endpoint])).toEqual([
      ["docker.io", "https://a.example.test"],
      ["docker.io", "https://b.example.test"],
    ]);
    expect(configPath(text)).toBe("/etc/containerd/certs.d");
  });

  it("reads daemon.json, whatever is in it", () => {
    expect(parseDaemonJson("f", '{"registry-mirrors":["https://m.example.test",7]}').map((m) => m.endpoint)).toEqual([
      "https://m.example.test",
    ]);
    for (const text of ["", "{", "[]", '{"registry-mirrors":"x"}']) expect(parseDaemonJson("f", text)).toEqual([]);
  });

  it.each([
    ["http://127.0.0.1:65001", { host: "127.0.0.1", port: 65_001 }],
    ["https://m.example.test/v2", { host: "m.example.test", port: 443 }],
    ["unix:///run/x", null],
    ["nonsense", null],
  ])("%s", (url, expected) => expect(hostPort(url)).toEqual(expected));

  it("keeps since when an address has been away", () => {
    const once = nextReach(null, "a", "ECONNREFUSED", 100);
    expect(nextReach(once, "a", "ETIMEDOUT", 200)).toMatchObject({
      ok: false,
      failingSince: 100,
      failures: 2,
      error: "ETIMEDOUT",
    });
    expect(nextReach(once, "a", null, 200)).toMatchObject({ ok: true, failingSince: null, failures: 0 });
  });

  it("tells peers from the origin in Dragonfly's counters", () => {
    const text =
      '# TYPE dragonfly_client_download_traffic counter\ndragonfly_client_download_traffic{type="REMOTE_PEER",task_type="STANDARD"} 900\ndragonfly_client_download_traffic{type="BACK_TO_SOURCE"} 100\ndragonfly_client_download_traffic{type="LOCAL_PEER"} 50\n';
    expect(parseDragonfly(text)).toEqual({ peers: 900, origin: 100 });
    expect(parseDragonfly('dragonfly_dfdaemon_seed_peer_download_traffic{type="p2p"} 5\n')).toEqual({
      peers: 5,
      origin: 0,
    });
    expect(parseDragonfly("up 1\n")).toBeNull();
  });
});

describe("on-demand images", () => {
  const lowers = (...list: object[]) => JSON.stringify({ lowers: list });
  const has = (path: string) => path === "/l/1/overlaybd.commit" || path === "/f";
  it.each([
    [lowers({ file: "/f" }, { dir: "/l/1", digest: "sha256:1" }), "local"],
    [lowers({ file: "/f" }, { dir: "/l/2", digest: "sha256:2" }), "remote"],
    [lowers(), "unknown"],
    ["{", "unknown"],
    ["null", "unknown"],
  ])("%s is %s", (config, state) => expect(layersState(config, has)).toBe(state));

  it("finds the configuration that a device names", () => {
    expect(
      configOf(
        "Status: ACTIVATED  Max Queue Depth: 0\n        Config: overlaybd//var/lib/overlaybd/snapshots/7/block/config.v1.json  Size: 68719476736",
      ),
    ).toBe("/var/lib/overlaybd/snapshots/7/block/config.v1.json");
    expect(configOf("Config: file//x")).toBeNull();
  });

  it("reads major faults", () => {
    expect(majorFaults("pgfault 10\npgmajfault 42\n")).toBe(42);
    expect(majorFaults("")).toBeNull();
  });
});

describe("starts", () => {
  const call = (name: string, over: object = {}) => ({
    runtime: "containerd",
    interface: name,
    windowMs: 30_000,
    total: 4,
    success: 4,
    successRatio: 1,
    latencyMsP50: 500,
    latencyMsP99: 900,
    inFlight: 0,
    ...over,
  });
  const pod = aPod({ createdAt: NOW - 20_000 });
  const container = aContainer({ createdAt: NOW - 11_000, startedAt: NOW - 10_000 });

  it("divides the gap between sandbox and pull by the runtime's own figure", () => {
    const calls = [call("RuntimeService/RunPodSandbox"), call("ImageService/PullImage", { latencyMsP50: 8_000 })];
    expect(startsOf([container], [pod], calls, NOW)).toMatchObject([
      { totalMs: 10_000, sandboxMs: 500, pullMs: 8_500, startMs: 1_000 },
    ]);
  });

  it("does not guess without figures", () => {
    expect(startsOf([container], [pod], [], NOW)).toMatchObject([{ totalMs: 10_000, sandboxMs: 9_000, pullMs: null }]);
  });

  it.each([
    ["a restart", { attempt: 1 }],
    ["a start of an hour ago", { createdAt: NOW - 3_700_000, startedAt: NOW - 3_600_000 }],
    ["a second container much later", { createdAt: NOW + 1_000_000, startedAt: NOW + 1_000_000 }],
  ])("leaves out %s", (_name, over) => expect(startsOf([{ ...container, ...over }], [pod], [], NOW)).toEqual([]));

  it("compares a window with those before it", () => {
    const past = new Map();
    for (let i = 0; i < 30; i += 1) compareCalls([call("RuntimeService/CreateContainer")], past);
    const [now] = compareCalls(
      [call("RuntimeService/CreateContainer", { latencyMsP50: 2_000, successRatio: 0.5 })],
      past,
    );
    expect(now).toMatchObject({
      windows: 30,
      usualLatencyMs: 500,
      latencyMs: 2_000,
      usualSuccessRatio: 1,
      successRatio: 0.5,
    });
    expect(compareCalls([call("x/y", { total: 0, successRatio: null })], past)).toEqual([]);
    expect(median([])).toBeNull();
  });
});

describe("layers", () => {
  const sha = (digit: string) => `sha256:${digit.repeat(64)}`;
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const blobs: Record<string, unknown> = {
    [sha("1")]: {
      manifests: [
        { digest: sha("9"), platform: { os: "linux", architecture: "mips" } },
        { digest: sha("2"), platform: { os: "linux", architecture: arch } },
      ],
    },
    [sha("2")]: {
      layers: [
        { digest: sha("a"), size: 10 },
        { digest: sha("b"), size: 20 },
      ],
    },
    [sha("3")]: { manifests: [{ digest: sha("3"), platform: { os: "linux", architecture: arch } }] },
  };
  const blob = (digest: string) => (digest in blobs ? JSON.stringify(blobs[digest]) : null);

  it("goes through an index to this machine's manifest", () => {
    expect(manifestLayers(sha("1"), blob)).toEqual([
      { digest: "a".repeat(16), bytes: 10 },
      { digest: "b".repeat(16), bytes: 20 },
    ]);
  });
  it.each([sha("3"), sha("4")])("gives up on %s", (digest) => expect(manifestLayers(digest, blob)).toBeNull());

  it("chains ids as Docker's layer database does", () => {
    // echo -n "sha256:aa… sha256:bb…" | sha256sum
    const [first, second] = chainIds([sha("a"), sha("b")]);
    expect(first).toBe(sha("a"));
    expect(second).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(second).not.toBe(sha("b"));
  });

  it.each([
    ["localhost:5000/team/app:1.2", { repository: "localhost:5000/team/app", tag: "1.2" }],
    ["localhost:5000/app", null],
    [`app@${sha("a")}`, null],
  ])("%s", (name, expected) => expect(splitTag(name)).toEqual(expected));

  it.each([
    ["nginx:1", ["docker.io/library/nginx:1"], true],
    ["team/app:1", ["docker.io/team/app:1"], true],
    ["r.example.test/app:1", ["r.example.test/app:1"], true],
    ["nginx:1", ["docker.io/library/nginx:2"], false],
  ])("%s among %j: %s", (wanted, tags, isSame) => expect(sameImage(wanted, tags)).toBe(isSame));
});
