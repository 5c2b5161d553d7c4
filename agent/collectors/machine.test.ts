// What collectors of the machine make of the kernel's files: paging, disks, RAID, mounts, hardware, modules.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseMountinfo } from "../host/mountinfo.ts";
import type { ProcessTable } from "../host/process-table.ts";
import { diskRates, parseDiskstats, parseMdstat, parseMmStat } from "./block-devices.ts";
import { Growth, slopeOf } from "./growth.ts";
import { infiniband, memoryModules, parseSmi, pciCards, sensors } from "./hardware.ts";
import { countWatches, InotifyHolders, topHolders } from "./inotify.ts";
import { crashDumps, modulesPresent, parseCgroupCounts, parseDying, threadsOf } from "./kernel.ts";
import { freezable, fuseMounts, networkMounts, serverOf } from "./mount-health.ts";
import { parseCounters, parseJitBytes, parseMemory, ratesOf } from "./vm.ts";

const MIB = 1024 ** 2;
let root = "";
const put = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "machine-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("vm", () => {
  const stat = (steal: number, softirq1: number) =>
    `cpu  100 0 100 700 50 0 ${10 + softirq1} ${steal} 0 0\ncpu0 50 0 50 350 25 0 0 ${steal} 0 0\ncpu1 50 0 50 350 25 0 ${10 + softirq1} 0 0 0\nintr 1\nprocs_running 3\nprocs_blocked 5\n`;
  const vmstat = (faults: number) => `pgmajfault ${faults}\npswpin 10\npswpout 0\noom_kill 2\n`;

  it("are rates between two looks", () => {
    const before = parseCounters(vmstat(1_000), stat(0, 0), 0);
    const now = parseCounters(vmstat(31_000), stat(30, 90), 15_000);
    expect(ratesOf(before, now)).toEqual({
      windowMs: 15_000,
      majorFaultsPerS: 2_000,
      swapInPagesPerS: 0,
      swapOutPagesPerS: 0,
      iowaitRatio: 0,
      stealRatio: 0.25,
      softirqRatio: 0.75,
      softirqMaxRatio: 1,
    });
    expect(now).toMatchObject({ oomKills: 2, runnable: 3, blocked: 5 });
  });

  it("are null at the first look, and an old kernel counts no kills", () => {
    const first = parseCounters("pgmajfault 5\n", stat(0, 0), 0);
    expect(ratesOf(null, first)).toMatchObject({ windowMs: 0, majorFaultsPerS: null, stealRatio: null });
    expect(first.oomKills).toBeNull();
  });

  it("reads memory: plenty in steps, what is short exactly", () => {
    const text = (available: number) =>
      `MemTotal: 1000000 kB\nMemFree: 1 kB\nMemAvailable: ${available} kB\nSwapTotal: 0 kB\nSUnreclaim: 120000 kB\nHardwareCorrupted: 4 kB\n`;
    expect(parseMemory(text(512_345)).memoryAvailableBytes).toBe(parseMemory(text(540_000)).memoryAvailableBytes);
    expect(parseMemory(text(12_345))).toMatchObject({
      memoryAvailableBytes: 13_000_000,
      hardwareCorruptedBytes: 4_096,
      slabUnreclaimableBytes: 102_400_000,
    });
    expect(parseMemory("MemTotal: 8 kB\n").hardwareCorruptedBytes).toBeNull();
  });

  it("sums compiled eBPF programs, where the kernel tells them from modules", () => {
    const line = (who: string) => `0xffffffffc0000000-0xffffffffc0002000    8192 ${who}+0xa/0x10 pages=1 vmalloc\n`;
    expect(parseJitBytes(line("bpf_jit_alloc_exec") + line("load_module") + line("bpf_prog_pack_alloc"))).toBe(16_384);
    expect(parseJitBytes(line("execmem_vmalloc"))).toBeNull();
  });
});

describe("block devices", () => {
  it("are rates between two looks", () => {
    const line = (ended: number, waited: number, busy: number) =>
      ` 254 0 vda ${ended} 0 8 ${waited} 0 0 0 0 2 ${busy} ${waited * 2} 0 0 0 0\n`;
    const before = parseDiskstats(line(100, 1_000, 5_000)).get("vda");
    const now = parseDiskstats(`${line(200, 31_000, 15_000)}short line\n`).get("vda");
    expect(now && diskRates(before, now, 10_000)).toEqual({ busyRatio: 1, awaitMs: 500, queue: 6, iops: 0 });
    expect(now && diskRates(undefined, now, 10_000).busyRatio).toBeNull();
    // The device was taken away and came back: its counters began anew.
    expect(before && now && diskRates(now, before, 10_000).busyRatio).toBeNull();
  });

  it("reads arrays", () => {
    const text = `Personalities : [raid1] [raid0]
md1 : active raid1 sdb1[1](F) sda1[0]
      1047552 blocks super 1.2 [2/1] [U_]
      [=>...................]  recovery = 12.6% (1/8) finish=1min speed=1K/sec

md2 : active raid0 sdd1[1] sdc1[0]
      2095104 blocks super 1.2 512k chunks

md127 : inactive sde1[0](S)
      1047552 blocks super 1.2

unused devices: <none>
`;
    expect(parseMdstat(text)).toEqual([
      {
        name: "md1",
        level: "raid1",
        active: true,
        disksWanted: 2,
        disksPresent: 1,
        failed: ["sdb1"],
        doing: "recovery 10%",
      },
      { name: "md2", level: "raid0", active: true, disksWanted: 2, disksPresent: 2, failed: [], doing: null },
      { name: "md127", level: "none", active: false, disksWanted: 0, disksPresent: 0, failed: [], doing: null },
    ]);
    expect(parseMdstat("")).toEqual([]);
  });

  it("leaves out containers of IMSM and DDF, and keeps the volumes in them", () => {
    const text = `Personalities : [raid1] [raid10]
md126 : active raid1 sda[1] sdb[0]
      976759808 blocks super external:/md127/0 [2/1] [U_]

md127 : inactive sdb[1](S) sda[0](S)
      6306 blocks super external:imsm

md125 : inactive sdd[1](S) sdc[0](S)
      65536 blocks super external:ddf

md124 : inactive sde[0]
      976759808 blocks super external:/md123/0

unused devices: <none>
`;
    expect(parseMdstat(text).map(({ name, active, disksPresent }) => [name, active, disksPresent])).toEqual([
      ["md126", true, 1],
      ["md124", false, 1],
    ]);
  });

  it("reads zram", () =>
    expect(parseMmStat("1048576 4096 65536 0 70000 0 0 0 0")).toEqual({ dataBytes: MIB, memoryBytes: 65_536 }));
});

describe("mounts that may hang", () => {
  const table = parseMountinfo(`1 0 254:0 / / rw - ext4 /dev/vda rw
2 1 7:1 / /var/lib/containerd rw - ext4 /dev/loop1 rw
3 1 0:50 / /var/lib/lxcfs rw - fuse.lxcfs lxcfs rw
4 1 0:60 / /mnt/a rw - nfs4 nas:/export/a rw
5 1 0:60 / /var/lib/kubelet/pods/x/volumes/y rw - nfs4 nas:/export/a rw
6 1 0:61 / /mnt/b rw - cifs //files/share rw
7 1 0:70 / /run rw - tmpfs tmpfs rw
`);

  it("asks each local device once, with whose data it holds", () => {
    const found = freezable(table, [{ id: "containerd", dir: "/var/lib/containerd" }]);
    expect(found.map(({ mount, holds }) => [mount.mountPoint, holds])).toEqual([
      ["/", []],
      ["/var/lib/containerd", ["containerd"]],
    ]);
    // Also while no runtime has said where its data lies.
    expect(freezable(table, []).map(({ mount }) => mount.mountPoint)).toContain("/var/lib/containerd");
  });

  it("finds servers, each file system once", () => {
    expect(networkMounts(table).map((m) => [m.mountPoint, serverOf(m.source)])).toEqual([
      ["/mnt/a", "nas"],
      ["/mnt/b", "files"],
    ]);
    expect(serverOf("[fd00::1]:/x")).toBe("[fd00::1]");
    expect(serverOf("gluster-volume")).toBe("gluster-volume");
  });

  it("knows the mount of a FUSE connection", () =>
    expect([...fuseMounts(table)].map(([minor, m]) => [minor, m.mountPoint])).toEqual([["50", "/var/lib/lxcfs"]]));
});

describe("growth", () => {
  const hour = 3_600_000;
  const samples = (count: number, perHour: number, noise = 0) =>
    Array.from({ length: count }, (_, i) => ({ at: i * 120_000, usedBytes: (i * perHour) / 30 + (i % 2) * noise }));

  it("is the slope of a line, and nothing before half an hour", () => {
    expect(slopeOf(samples(31, 900))?.bytesPerHour).toBeCloseTo(900);
    expect(slopeOf(samples(31, 0, 5))?.bytesPerHour).toBeLessThan(1);
    expect(slopeOf(samples(15, 900))).toBeNull();
    expect(slopeOf([])).toBeNull();
  });

  it("tells only what fills within days, and forgets what is gone", () => {
    const growth = new Growth();
    const fs = (usedBytes: number) => ({
      mountPoint: "/data",
      device: "/dev/vdb",
      type: "ext4",
      totalBytes: 1_000,
      usedBytes,
      availableBytes: 1_000 - usedBytes,
      usedRatio: usedBytes / 1_000,
      inodesTotal: 0,
      inodesUsed: 0,
      inodesUsedRatio: 0,
      readOnly: false,
      error: null,
      holds: [],
    });
    let seen: unknown[] = [];
    for (let i = 0; i <= 30; i += 1) seen = growth.look([fs(200 + i * 10)], i * 120_000);
    expect(seen).toEqual([{ mountPoint: "/data", bytesPerHour: 300, overMs: hour }]);
    expect(growth.look([], hour)).toEqual([]);
    expect(growth.look([fs(500)], hour + 60_000)).toEqual([]);
  });
});

describe("hardware", () => {
  it("counts errors per memory module, and null without a controller", async () => {
    expect(memoryModules(root)).toBeNull();
    put("mc0/dimm0/dimm_label", "CPU0_A1\n");
    put("mc0/dimm0/dimm_ce_count", "12\n");
    put("mc0/dimm0/dimm_ue_count", "0\n");
    put("mc0/ue_noinfo_count", "1\n");
    expect(memoryModules(root)).toEqual([
      { label: "mc0/dimm0 CPU0_A1", correctable: 12, uncorrectable: 0 },
      { label: "mc0 (module not known)", correctable: 0, uncorrectable: 1 },
    ]);
  });

  it("tells only temperatures that matter", async () => {
    put("hwmon0/name", "coretemp\n");
    for (const [index, milli, alarm] of [
      [1, 45_000, 0],
      [2, 92_400, 0],
      [3, 40_000, 1],
    ]) {
      put(`hwmon0/temp${index}_input`, `${milli}\n`);
      put(`hwmon0/temp${index}_crit`, "100000\n");
      put(`hwmon0/temp${index}_crit_alarm`, `${alarm}\n`);
    }
    put("hwmon0/temp2_label", "Core 1\n");
    put("hwmon0/temp4_input", "broken");
    expect(await sensors(root)).toEqual([
      { chip: "coretemp", label: "Core 1", celsius: 92, criticalC: 100, alarm: false, criticalAlarm: false },
      { chip: "coretemp", label: "temp3", celsius: 40, criticalC: 100, alarm: true, criticalAlarm: true },
    ]);
  });

  it("does not round a busy processor up to its critical value, and tells a warning from an alarm", async () => {
    put("hwmon0/name", "nvme\n");
    for (const [index, milli, alarm] of [
      [1, 99_990, "max_alarm"],
      [2, 72_850, "max_alarm"],
      [3, 84_850, "crit_alarm"],
    ] as const) {
      put(`hwmon0/temp${index}_input`, `${milli}\n`);
      put(`hwmon0/temp${index}_crit`, "100000\n");
      put(`hwmon0/temp${index}_${alarm}`, index === 1 ? "0\n" : "1\n");
    }
    expect((await sensors(root)).map(({ celsius, alarm, criticalAlarm }) => [celsius, alarm, criticalAlarm])).toEqual([
      [99, false, false],
      [70, true, false],
      [80, true, true],
    ]);
  });

  it("reads InfiniBand ports", () => {
    put("mlx5_0/ports/1/state", "1: DOWN\n");
    put("mlx5_0/ports/1/phys_state", "2: Polling\n");
    put("mlx5_0/ports/1/link_layer", "InfiniBand\n");
    put("mlx5_0/ports/1/counters/link_downed", "3\n");
    expect(infiniband(root)).toEqual([
      {
        device: "mlx5_0",
        port: 1,
        state: "DOWN",
        physicalState: "Polling",
        linkLayer: "InfiniBand",
        linkDowned: 3,
      },
    ]);
  });

  it("counts GPUs on the bus, not those of virtual machines nor other makers", () => {
    const device = (name: string, vendor: string, kind: string, driver?: string) => {
      put(`${name}/vendor`, `${vendor}\n`);
      put(`${name}/class`, `${kind}\n`);
      if (driver) symlinkSync(`/drivers/${driver}`, join(root, name, "driver"));
    };
    device("a", "0x10de", "0x030200", "nvidia");
    device("b", "0x10de", "0x030200", "vfio-pci");
    device("c", "0x10de", "0x068000");
    device("d", "0x10de", "0x040300");
    device("e", "0x8086", "0x030000");
    expect(pciCards(root)).toEqual({ cards: 1, switches: 1 });
  });

  it("reads nvidia-smi, old and new", () => {
    const row = { busId: "00000000:17:00.0", persistence: true, remapPending: true, remapFailed: false };
    expect(parseSmi("00000000:17:00.0, Enabled, 1, 0\n")).toEqual([row]);
    expect(parseSmi("00000000:17:00.0, Enabled, Yes, No\n")).toEqual([row]);
    expect(parseSmi("00000000:17:00.0, Disabled, [N/A], [N/A]\n")).toEqual([
      { ...row, persistence: false, remapPending: null, remapFailed: null },
    ]);
    expect(parseSmi("NVIDIA-SMI has failed because it couldn't communicate\n")).toEqual([]);
  });
});

describe("kernel", () => {
  it("knows a module as loaded, built in, or by its trace", () => {
    const exists = (path: string) => path === "/sys/module/fuse" || path === "/proc/sys/net/bridge";
    expect(
      modulesPresent(
        ["overlay", "fuse", "br_netfilter", "ip_vs", "vxlan"],
        "vxlan 1 0 - Live 0x0\n",
        "nodev\toverlay\n",
        exists,
      ),
    ).toEqual({ overlay: true, fuse: true, br_netfilter: true, ip_vs: false, vxlan: true });
  });

  it("counts cgroups", () => {
    expect(parseCgroupCounts("#subsys_name hierarchy num_cgroups enabled\ncpu 2 53 1\nmemory 5 60123 1\n")).toEqual({
      cpu: 53,
      memory: 60_000,
    });
    expect(parseDying("nr_descendants 100\nnr_dying_descendants 1234\n")).toBe(1_000);
    expect(parseDying(null)).toBeNull();
  });

  it.each([
    [55_100, 4_194_304, 62_000, 55_000],
    [54_900, 4_194_304, 62_000, 55_000],
    [52_400, 4_194_304, 62_000, 52_000],
    [20_400, 32_768, 0, 20_000],
    [1_234, 4_194_304, 62_000, 1_000],
  ])("%i tasks, pid_max %i, threads-max %i: about %i", (used, pidMax, threadsMax, expected) => {
    const threads = threadsOf(used, pidMax, threadsMax);
    expect(threads.used).toBe(expected);
    expect(threads.used / threads.max).toBeCloseTo(used / threads.max, 1);
  });

  it("finds dumps of Red Hat and Debian, not what else lies there", () => {
    put("127.0.0.1-2026-03-01/vmcore", "x");
    put("127.0.0.1-2026-03-01/vmcore-dmesg.txt", "x");
    put("202603011200/dump.202603011200", "x");
    put("_usr_bin_app.0.crash", "x");
    expect(
      crashDumps(root)
        .map((d) => d.path.slice(root.length))
        .sort(),
    ).toEqual(["/127.0.0.1-2026-03-01/vmcore", "/202603011200/dump.202603011200"]);
    expect(crashDumps(join(root, "nothing"))).toEqual([]);
  });

  it("sums inotify by user", () => {
    const holder = (pid: number, uid: number, instances: number) => ({ pid, name: "p", uid, instances, watches: 2 });
    expect(topHolders([holder(1, 0, 3), holder(2, 1_000, 9), holder(3, 0, 4)])).toEqual({
      users: [
        { uid: 1_000, instances: 9, watches: 2 },
        { uid: 0, instances: 7, watches: 4 },
      ],
      processes: [holder(2, 1_000, 9), holder(3, 0, 4), holder(1, 0, 3)],
    });
    expect(countWatches("pos:\t0\ninotify wd:1 ino:2\ninotify wd:2 ino:3\n")).toBe(2);
  });

  it("finds who watches, and keeps it while the number of open files stays", () => {
    const own = { pid: process.pid, name: "node", state: "S", startTicks: 1 };
    const table = { all: [own] } as unknown as ProcessTable; // the look needs no more of it
    const holders = new InotifyHolders();
    const watcher = watch(root, () => undefined);
    const seen = () => holders.look(table, 1_000).processes[0];
    const first = seen();
    expect(first?.pid).toBe(process.pid);
    expect(first?.watches).toBeGreaterThan(0);
    expect(seen()).toEqual(first);
    watcher.close();
  });
});
