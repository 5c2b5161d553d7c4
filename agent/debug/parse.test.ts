// The pure readers of a debug report, on what kernels really print.
import { expect, test } from "vitest";
import { aReport } from "../../diagnosis/debug/reports.fixture.ts";
import { OUTPUT_BYTES_MAX } from "../../protocol/constants.ts";
import { levelOf, limited, pressureOf } from "./cgroups.ts";
import { bounded } from "./collect.ts";
import { answersOf } from "./dns.ts";
import { isDeleted } from "./files.ts";
import { redactVariable } from "./inside.ts";
import { telling } from "./logs.ts";
import { modeOf, writableOf } from "./mounts.ts";
import { connectionsOf, counterOf, interfacesOf, listeningOf, routesOf } from "./network.ts";
import { stackOf } from "./processes.ts";

const reader = (files: Record<string, string>) => (name: string) => files[name] ?? null;

test("control groups of both versions are read alike", () => {
  const v2 = levelOf(
    "/a",
    reader({
      "memory.max": "1048576",
      "memory.current": "4096",
      "memory.events": "low 0\noom 1\noom_kill 2",
      "pids.max": "max",
      "pids.current": "7",
      "pids.events": "max 4",
      "cpu.max": "50000 100000",
      "cpu.stat": "nr_periods 10\nnr_throttled 5",
      "cgroup.events": "populated 1\nfrozen 1",
    }),
  );
  expect(v2).toMatchObject({
    memoryMaxBytes: 1_048_576,
    oomKills: 2,
    pids: 7,
    pidsMax: null,
    pidsRefused: 4,
    cpuMaxMillis: 500,
    isFrozen: true,
    throttledPeriods: 5,
  });
  const v1 = levelOf(
    "/a",
    reader({
      "memory.limit_in_bytes": "9223372036854771712",
      "memory.usage_in_bytes": "4096",
      "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3",
      "pids.max": "9",
      "cpu.cfs_quota_us": "-1",
      "cpu.cfs_period_us": "100000",
      "freezer.state": "THAWED",
    }),
  );
  expect(v1).toMatchObject({
    memoryMaxBytes: null,
    memoryBytes: 4_096,
    oomKills: 3,
    pidsMax: 9,
    cpuMaxMillis: null,
    isFrozen: false,
  });
  expect(limited("max")).toBeNull();
  expect(pressureOf("some avg10=1.50 avg60=0.00\nfull avg10=0.25 avg60=0")).toEqual({ some: 1.5, full: 0.25 });
});

test("a file system that an error turned read-only is told from a mount that is meant to be", () => {
  const of = (options: string[], superOptions: string[], type = "ext4") =>
    modeOf({ options, superOptions, mountPoint: "/d", type }, new Set());
  expect(of(["rw"], ["ro"])).toEqual({ isReadOnly: true, isSuperReadOnly: true, isMeantWritable: true });
  expect(of(["ro"], ["rw"])).toEqual({ isReadOnly: true, isSuperReadOnly: false, isMeantWritable: false });
  expect(of(["rw"], ["rw"]).isReadOnly).toBe(false);
  expect(
    modeOf({ options: ["ro"], superOptions: ["ro"], mountPoint: "/d", type: "ext4" }, new Set(["/d"])).isMeantWritable,
  ).toBe(true);
  expect([...writableOf("# x\n/dev/vdb /d ext4 defaults 0 0\n/dev/vdc /e ext4 ro,noatime 0 0")]).toEqual(["/d"]);
});

test("network tables", () => {
  const dev = "Inter-| Receive\n face |bytes\n  eth0: 10 1 2 3 0 0 0 0 20 1 4 5 0 0 0 0";
  const [eth] = interfacesOf(
    dev,
    "2: eth0    inet 10.0.0.5/24 brd 10.0.0.255 scope global eth0",
    "2: eth0@if7: <BROADCAST,MULTICAST> mtu 1500",
  );
  expect(eth).toEqual({
    name: "eth0",
    isUp: false,
    addresses: ["10.0.0.5/24"],
    rxBytes: 10,
    txBytes: 20,
    errors: 6,
    drops: 8,
  });
  expect(
    routesOf(
      "Iface\tDest\neth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
    ),
  ).toEqual(["default via 10.0.0.1 dev eth0", "10.0.0.0/24 dev eth0"]);
  expect(listeningOf('LISTEN 3 128 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=7,fd=3))', "tcp")).toEqual([
    { protocol: "tcp", address: "0.0.0.0:80", queue: 3, queueMax: 128, program: "nginx (7)" },
  ]);
  expect(connectionsOf("sl\n 0: 0100007F:0050 00000000:0000 0A 0\n 1: 0100007F:0050 0100007F:9999 01 0")).toEqual({
    LISTEN: 1,
    ESTABLISHED: 1,
  });
  expect(counterOf("TcpExt: A ListenOverflows\nTcpExt: 1 9", "TcpExt", "ListenOverflows")).toBe(9);
});

test("name servers: whoever said nothing has not answered", () => {
  expect(
    answersOf(["10.0.0.1", "10.0.0.2", "10.0.0.3"], "10.0.0.1\t4\tok\n10.0.0.2\t1\tECONNREFUSED\n", "no time left"),
  ).toEqual([
    { server: "10.0.0.1", isAnswered: true, ms: 4, error: null },
    { server: "10.0.0.2", isAnswered: false, ms: 1, error: "ECONNREFUSED" },
    { server: "10.0.0.3", isAnswered: false, ms: 2_000, error: "no time left" },
  ]);
});

test("what gives access leaves no environment, whatever it is called", () => {
  for (const line of [
    "DB_PASSWORD=hunter2",
    "API_KEY=abc",
    "X=ghp_0123456789abcdefghij",
    "Y=eyJhbGciOiJIUzI1NiJ9",
    "URL_DSN=x",
    "Z=0a1b2c3d4e5f60718293a4b5c6d7e8f901",
  ])
    expect(redactVariable(line)).toBe(`${line.split("=")[0]}=(left out)`);
  expect(redactVariable("DATABASE=postgres://u:p@db/x")).not.toContain("p@db");
  expect(redactVariable("PATH=/usr/local/bin:/usr/bin")).toBe("PATH=/usr/local/bin:/usr/bin");
});

test("small ones", () => {
  expect(isDeleted("/var/log/x (deleted)")).toBe(true);
  expect(isDeleted("/memfd:x (deleted)")).toBe(false);
  expect(stackOf("[<0>] rpc_wait_bit_killable+0x1e/0xb0\n[<0>] nfs4_run\n")).toEqual([
    "rpc_wait_bit_killable+0x1e/0xb0",
    "nfs4_run",
  ]);
  expect(
    telling(
      [
        { level: 6, message: "x oom-kill: y" },
        { level: 6, message: "quiet" },
        { level: 3, message: "bad" },
      ],
      null,
    ),
  ).toEqual([true, false, true]);
  expect(
    telling(
      [
        { level: 3, message: "of another" },
        { level: 6, message: "pid 7 of abc" },
      ],
      ["abc"],
    ),
  ).toEqual([false, true]);
});

test("a report never grows beyond a result", () => {
  const report = aReport();
  report.environment = {
    value: Array.from({ length: 300 }, (_, i) => `V${i}=${"x".repeat(4_000)}`),
    error: null,
    ms: 1,
  };
  report.log = {
    value: { path: "/l", lines: Array.from({ length: 200 }, (_, i) => `${i} ${"y".repeat(3_000)}`) },
    error: null,
    ms: 1,
  };
  const cut = bounded(report);
  expect(Buffer.byteLength(JSON.stringify(cut))).toBeLessThan(OUTPUT_BYTES_MAX);
  expect(cut.log.value?.lines.at(-1)).toMatch(/^199 /);
});
