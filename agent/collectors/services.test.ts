// What collectors of the services make of systemctl, the kubelet's files, certificates, resolv.conf and crontabs.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failures, isGood, plainUrl, probeUrl } from "../host/http-probe.ts";
import { parseMountinfo } from "../host/mountinfo.ts";
import { parseShow } from "../host/systemctl.ts";
import { parseCertificate } from "./certificates.ts";
import { fieldValues, parseCrontab, shortestGap } from "./cron-jobs.ts";
import { parseResolvConf } from "./dns.ts";
import { wanted } from "./endpoints.ts";
import { parseKubeletConfig } from "./kubelet.ts";
import { lookInto, podUids } from "./pod-folders.ts";
import { failedUnits, RestartCounts, unitsTold } from "./systemd.ts";

describe("systemctl show", () => {
  const text = `Id=a.service
ActiveState=failed
Result=exit-code
Description=A = b
NRestarts=3

Id=b.mount
ActiveState=active
Result=success
Description=B
`;
  it("gives blocks, and the failed ones", () => {
    const blocks = parseShow(text);
    expect(blocks.map((b) => b.Id)).toEqual(["a.service", "b.mount"]);
    expect(failedUnits(blocks)).toEqual([{ unit: "a.service", result: "exit-code", description: "A = b" }]);
    expect(parseShow("\n\n")).toEqual([]);
  });

  it("a list that did not come, or not to its end, tells nothing and forgets nothing", () => {
    const counts = new RestartCounts();
    const whole = { code: 0, stdout: text, timedOut: false, truncated: false };
    expect(unitsTold(whole, counts, 0)).toMatchObject({ failed: [{ unit: "a.service" }], restarts: [] });
    for (const bad of [{ code: 1, stdout: "" }, { code: null, stdout: "", timedOut: true }, { truncated: true }])
      expect(unitsTold({ ...whole, ...bad }, counts, 60_000)).toEqual({ failed: null, restarts: null });
    const later = text.replace("NRestarts=3", "NRestarts=6");
    expect(unitsTold({ ...whole, stdout: later }, counts, 120_000).restarts).toMatchObject([{ recent: 3 }]);
  });

  it("counts restarts within a quarter of an hour", () => {
    const counts = new RestartCounts();
    const minute = 60_000;
    const at = (n: number, restarts: number) =>
      counts.look([{ Id: "a.service", NRestarts: String(restarts) }], n * minute);
    expect(at(0, 40)).toEqual([]);
    expect(at(1, 41)).toEqual([{ unit: "a.service", total: 41, recent: 1, overMs: minute }]);
    expect(at(2, 44)).toEqual([{ unit: "a.service", total: 44, recent: 4, overMs: 2 * minute }]);
    expect(at(20, 44)).toEqual([]);
    // Somebody started it by hand: counting begins again.
    expect(at(21, 0)).toEqual([]);
    expect(at(22, 1)).toMatchObject([{ recent: 1 }]);
  });
});

describe("kubelet", () => {
  const expected = {
    maxPods: 250,
    cgroupDriver: "systemd",
    rotateCertificates: true,
    clusterDomain: "cluster.local",
    clusterDns: ["10.96.0.10", "fd00::a"],
  };
  it.each([
    [
      "YAML",
      "apiVersion: v1\ncgroupDriver: systemd\nclusterDNS:\n- 10.96.0.10\n- fd00::a\nclusterDomain: cluster.local\nmaxPods: 250 \nrotateCertificates: true\n",
    ],
    [
      "JSON",
      '{\n  "cgroupDriver": "systemd",\n  "clusterDNS": ["10.96.0.10", "fd00::a"],\n  "clusterDomain": "cluster.local",\n  "maxPods": 250,\n  "rotateCertificates": true\n}\n',
    ],
  ])("reads its settings from %s", (_, text) => expect(parseKubeletConfig(text)).toEqual(expected));

  it("says null for what is not there", () =>
    expect(parseKubeletConfig("kind: KubeletConfiguration\n")).toEqual({
      maxPods: null,
      cgroupDriver: null,
      rotateCertificates: null,
      clusterDomain: null,
      clusterDns: [],
    }));
});

describe("pod folders", () => {
  const uid = "0a7c51c2-9d2e-4a51-8a0e-3f5f0c1d2e3f";
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "pods-"));
    mkdirSync(join(root, uid, "volumes/kubernetes.io~empty-dir/data/deep"), { recursive: true });
    mkdirSync(join(root, "not-a-uid"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("counts what lies in one", () => {
    expect(podUids(root)).toEqual([uid]);
    expect(lookInto(uid, [], root)).toMatchObject({ podUid: uid, mounts: 0, files: 0, directories: 4, volumes: 1 });
    writeFileSync(join(root, uid, "volumes/kubernetes.io~empty-dir/data/a"), "");
    expect(lookInto(uid, [], root)).toMatchObject({ files: 1, firstFile: "volumes/kubernetes.io~empty-dir/data/a" });
    expect(lookInto("11111111-1111-4111-8111-111111111111", [], root)).toBeNull();
    expect(podUids(join(root, "nowhere"))).toEqual([]);
  });

  it("does not enter a mount", () => {
    const point = join(root, uid, "volumes/kubernetes.io~empty-dir/data");
    writeFileSync(join(point, "a"), "");
    const mounts = parseMountinfo(`1 0 0:9 / ${point} rw - tmpfs tmpfs rw\n`);
    expect(lookInto(uid, mounts, root)).toMatchObject({ mounts: 1, files: 0 });
  });
});

describe("certificates", () => {
  // openssl req -x509 -newkey ed25519 -nodes -subj /O=t/CN=n -days 3650, its key thrown away.
  const pem = `-----BEGIN CERTIFICATE-----
MIIBRDCB96ADAgECAhRKX9K1FtbP43uFVbWiJE2TY21NsTAFBgMrZXAwGDEKMAgG
A1UECgwBdDEKMAgGA1UEAwwBbjAeFw0yNjExMjIxNzM0NTRaFw0zNjExMTkxNzM0
NTRaMBgxCjAIBgNVBAoMAXQxCjAIBgNVBAMMAW4wKjAFBgMrZXADIQBFuB4zDW8M
jtpt4IRJxXo/eZzAd7YiseaXcj7mFTA/cqNTMFEwHQYDVR0OBBYEFOiPMDlcbEyy
Z7TXMjTFBaeh8m/fMB8GA1UdIwQYMBaAFOiPMDlcbEyyZ7TXMjTFBaeh8m/fMA8G
A1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EAWerSivBrLEHAypsdOgTmlBelZdSMtuzz
haZCmNPM5d1OcTIEmE2/FsTtRJMnjgWZVzWErNCEY32+vqrq3Ce9Dg==
-----END CERTIFICATE-----
`;
  it("reads the first of a file, whatever stands before it", () => {
    const found = parseCertificate(`some text\n${pem}`);
    expect(found.subject).toBe("O=t, CN=n");
    expect(found.notAfter - found.notBefore).toBe(3_650 * 86_400_000);
  });
  it.each(["", "-----BEGIN CERTIFICATE-----\nAAAA", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])(
    "refuses %j",
    (text) => expect(() => parseCertificate(text)).toThrow("holds no certificate"),
  );
});

describe("endpoints", () => {
  const table = (names: string[]) => ({
    all: names.map((name, i) => ({
      pid: i,
      name,
      state: "S",
      ppid: 1,
      threads: 1,
      startTicks: 1,
      rssPages: 1,
      cpuTicks: 1,
    })),
  });
  it("asks modules only where they run, and what the configuration names", () => {
    const own = [{ name: "registry", url: "https://r/v2/", scope: "egress" as const }];
    expect(wanted(table(["kube-proxy", "sh"]), own, () => true).map((e) => [e.name, e.scope])).toEqual([
      ["kube-proxy", "local"],
      ["registry", "egress"],
    ]);
    expect(wanted(table([]), [], () => true).length).toBe(0);
  });
  it("asks pods on the node's network, whatever pid namespace they have, and nobody in a network of his own", () => {
    const seen = table(["pause", "cilium-agent", "kube-proxy"]);
    expect(wanted(seen, [], (pid) => pid === 1).map((e) => e.name)).toEqual(["cilium-agent"]);
  });

  it.each([
    [200, "local", true],
    [302, "local", true],
    [401, "local", false],
    [401, "egress", true],
    [503, "egress", false],
  ] as const)("%d is good enough for %s: %s", (status, scope, ok) => expect(isGood(status, scope)).toBe(ok));

  it("keeps secrets of an address to itself", () =>
    expect(plainUrl("https://user:pw@host:5000/v2/?token=1")).toBe("https://host:5000/v2/"));

  it("asks a real server, and says why when it cannot", async () => {
    const server = createServer((req, res) => res.writeHead(req.url === "/well" ? 200 : 503).end("x"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // it listens on TCP
    const at = `127.0.0.1:${port}`;
    expect(await probeUrl(`http://${at}/well`, "local")).toMatchObject({ ok: true, status: 200, error: null });
    expect(await probeUrl(`http://${at}/ill`, "local")).toMatchObject({ ok: false, status: 503, error: "HTTP 503" });
    expect(await probeUrl(`tcp://${at}`, "egress")).toMatchObject({ ok: true, status: null });
    await new Promise((resolve) => server.close(resolve));
    expect(await probeUrl(`http://${at}/well`, "local")).toMatchObject({ ok: false, error: "ECONNREFUSED" });
    expect(await probeUrl(`tcp://${at}`, "egress")).toMatchObject({ ok: false, error: "ECONNREFUSED" });
  });

  it("remembers since when it has failed", () => {
    const failures = new Failures();
    expect(failures.keep("a", { ok: false }, 10)).toEqual({ ok: false, failingSince: 10, failures: 1 });
    expect(failures.keep("a", { ok: false }, 20)).toEqual({ ok: false, failingSince: 10, failures: 2 });
    expect(failures.keep("a", { ok: true }, 30)).toEqual({ ok: true, failingSince: null, failures: 0 });
    expect(failures.keep("a", { ok: false }, 40)).toMatchObject({ failingSince: 40, failures: 1 });
  });
});

describe("resolv.conf", () => {
  it("gives servers, the last search list and ndots", () => {
    const text =
      "# nameserver 1.1.1.1\n;nameserver 2.2.2.2\nnameserver 10.0.0.2\nnameserver\tfe80::1%eth0\nsearch a b\nsearch c.internal\noptions timeout:1 ndots:5\n";
    expect(parseResolvConf(text)).toEqual({ servers: ["10.0.0.2", "fe80::1%eth0"], search: ["c.internal"], ndots: 5 });
    expect(parseResolvConf("")).toEqual({ servers: [], search: [], ndots: null });
  });
});

describe("crontabs", () => {
  it.each([
    ["*", "*", 1],
    ["*/5", "*", 5],
    ["0", "*", 60],
    ["5-55/10", "*", 10],
    ["0,2", "3", 2],
    ["17", "4", 1_440],
    ["59", "0,23", 60],
    ["58", "*/12", 720],
  ])("minute %s, hour %s: every %d min", (minute, hour, every) => expect(shortestGap(minute, hour)).toBe(every));

  it("reads fields", () => {
    expect(fieldValues("1,5-7,50-59/4", 0, 59)).toEqual([1, 5, 6, 7, 50, 54, 58]);
    expect(fieldValues("10/20", 0, 59)).toEqual([10, 30, 50]);
  });

  it("reads tables of the system and of users; of the command only its program", () => {
    const system = "SHELL=/bin/sh\n# */1 * * * * root x\n@reboot root y\n*/2 * * * * root /opt/job --token=secret\n";
    expect(parseCrontab("/etc/cron.d/a", system, true)).toEqual([
      { file: "/etc/cron.d/a", line: 4, user: "root", schedule: "*/2 * * * *", program: "/opt/job", everyMinutes: 2 },
    ]);
    expect(parseCrontab("/var/spool/cron/ann", "* * * * * ./x\n", false, "ann")).toMatchObject([
      { user: "ann", program: "./x", everyMinutes: 1 },
    ]);
  });
});
