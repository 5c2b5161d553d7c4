// Lines as kernels and daemons print them, rule by rule: what each must recognise, with the subject of the first, and what it must leave alone.
import type { LogRuleId } from "./list.ts";
import type { LogSource } from "./rule.ts";

export type RuleLines = {
  source: LogSource;
  /** Of the first of `lines`. */
  subject: string;
  /** Each is an occurrence; one with several lines is one excerpt. */
  lines: readonly [string, ...string[]];
  /** Look like it and are none. */
  not?: readonly string[];
  /** Takes the first of `lines` back. */
  clear?: string;
};

const k = (subject: string, lines: RuleLines["lines"], rest: Pick<RuleLines, "not" | "clear"> = {}): RuleLines => ({
  source: "kernel",
  subject,
  lines,
  ...rest,
});

export const ruleLines: Record<LogRuleId, RuleLines> = {
  "kernel-task-hung": k(
    "jbd2/sda1-8",
    [
      "INFO: task jbd2/sda1-8:512 blocked for more than 122 seconds.",
      "[ 4836.124211] INFO: task kworker/u16:3:2719 blocked for more than 120 seconds.",
      "INFO: task python3:90211 blocked in I/O wait for more than 241 seconds.",
      "[Tue Mar  3 04:11:09 2026] INFO: task Web Content:44 blocked for more than 483 seconds.",
    ],
    {
      not: [
        "INFO: task jbd2/sda1-8 blocked for more than 122 seconds.",
        "INFO: task cp:3121 is blocked on a mutex likely owned by task rsync:3100.",
        '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
        "Future hung task reports are suppressed, see sysctl kernel.hung_task_warnings",
        "INFO: task containerd-shim:77 blocked for more than 120 seconds.",
      ],
    },
  ),
  "runtime-task-hung": k(
    "containerd",
    [
      "INFO: task containerd:1402 blocked for more than 120 seconds.",
      "INFO: task containerd-shim:31337 blocked for more than 241 seconds.",
      "INFO: task runc:[2:INIT]:22110 blocked for more than 120 seconds.",
      "INFO: task dockerd:981 blocked for more than 120 seconds.",
      "INFO: task kubelet:1200 blocked in I/O wait for more than 120 seconds.",
    ],
    { not: ["INFO: task postgres:31 blocked for more than 120 seconds."] },
  ),
  "kernel-soft-lockup": k(
    "cpu",
    [
      "watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [stress:1234]",
      "NMI watchdog: BUG: soft lockup - CPU#11 stuck for 23s! [kworker/11:1:88]",
      "BUG: soft lockup - CPU#0 stuck for 67s! [java:2201]",
      "[  912.004512][   C2] watchdog: BUG: soft lockup - CPU#2 stuck for 26s! [swapper/2:0]",
    ],
    {
      not: [
        "NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.",
        "watchdog: Delayed init of the lockup detector failed: -19",
      ],
    },
  ),
  "kernel-hard-lockup": k(
    "cpu",
    [
      "watchdog: Watchdog detected hard LOCKUP on cpu 5",
      "NMI watchdog: Watchdog detected hard LOCKUP on cpu 17",
      "watchdog: CPU 4 Hard LOCKUP",
      "watchdog: CPU 2 detected hard LOCKUP on other CPUs 6",
    ],
    { not: ["watchdog: CPU 4 became unstuck TB:123"] },
  ),
  "kernel-rcu-stall": k(
    "cpu",
    [
      "rcu: INFO: rcu_sched self-detected stall on CPU",
      "INFO: rcu_sched detected stalls on CPUs/tasks: { 3} (detected by 1, t=60002 jiffies, g=1, c=0, q=12)",
      "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 2-.... } 21 jiffies s: 361 root: 0x4/.",
      "rcu: rcu_preempt kthread starved for 5252 jiffies! g12345 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0 ->cpu=1",
      "INFO: rcu_tasks detected stalls on tasks:",
    ],
    { not: ["rcu: Hierarchical RCU implementation.", "rcu: INFO: Stall ended before state dump start"] },
  ),
  "kernel-workqueue-lockup": k("workqueue", [
    "BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 37s!",
  ]),
  "kernel-null-pointer": k(
    "kernel",
    [
      "BUG: kernel NULL pointer dereference, address: 0000000000000008",
      "BUG: unable to handle kernel NULL pointer dereference at           (null)",
      "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010",
      "BUG: Kernel NULL pointer dereference on read at 0x00000000",
      "[  123.456789] BUG: unable to handle kernel NULL pointer dereference at 0000000000000078",
    ],
    { not: ["java.lang.NullPointerException: kernel", "null pointer check passed"] },
  ),
  "kernel-bad-address": k(
    "kernel",
    [
      "BUG: unable to handle page fault for address: ffffffffc0a1b2c3",
      "BUG: unable to handle kernel paging request at ffff88011d6a7f80",
      "Unable to handle kernel paging request at virtual address ffff00000a1b2c3d",
      "Unable to handle kernel access to user memory outside uaccess routines at virtual address 0000007ff",
      "kernel tried to execute NX-protected page - exploit attempt? (uid: 0)",
    ],
    { not: ["BUG: kernel NULL pointer dereference, address: 0000000000000008"] },
  ),
  "kernel-divide-error": k(
    "kernel",
    ["divide error: 0000 [#1] SMP PTI", "Oops: divide error: 0000 [#1] PREEMPT SMP NOPTI"],
    {
      not: ["traps: prog[12] trap divide error ip:55d sp:7ff error:0 in prog[55d+1000]"],
    },
  ),
  "kernel-oops": k(
    "kernel",
    [
      "general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] SMP NOPTI",
      "general protection fault: 0000 [#1] SMP",
      "Internal error: Oops: 96000004 [#1] SMP",
      "Oops: 0002 [#1] PREEMPT SMP PTI",
      "invalid opcode: 0000 [#2] SMP",
      "Oops: general protection fault, probably for non-canonical address 0x1f: 0000 [#1] PREEMPT SMP",
      "Internal error: synchronous external abort: 0000000096000210 [#1] PREEMPT SMP",
    ],
    {
      not: [
        "traps: app[7] general protection fault ip:4011 sp:7ffd error:0 in app[400000+1000]",
        "Oops, something went wrong",
      ],
    },
  ),
  "kernel-bug": k(
    "kernel",
    [
      "BUG: Bad page state in process kswapd0  pfn:1a2b3",
      "[   99.123456] BUG: scheduling while atomic: swapper/0/0/0x00000100",
      "kernel BUG at mm/slub.c:305!",
      "BUG: Bad rss-counter state mm:00000000a1b2 type:MM_ANONPAGES val:1",
      "[Sat Jan  3 01:02:03 2026] BUG: KASAN: use-after-free in ext4_find+0x1/0x2",
    ],
    {
      not: [
        "DEBUG: all well",
        "systemd-journald: BUGS: none",
        "watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [a:1]",
      ],
    },
  ),
  "kernel-panic": k(
    "kernel",
    [
      "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b",
      "Kernel panic - not syncing: hung_task: blocked tasks\nCPU: 3 PID: 88 Comm: khungtaskd Not tainted 5.10.0-8-amd64",
      "[   12.3] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
    ],
    { not: ["kernel.panic = 10", "Kernel panic_on_oops is set"] },
  ),
  "kernel-crash-dumped": {
    source: "crash",
    subject: "kernel",
    lines: ["System encountered a fatal error in ??()", "kdump: saving vmcore complete"],
    not: ["kdump: kexec: loaded kdump kernel"],
  },
  "netdevice-release-stuck": k(
    "veth1a2b",
    [
      "unregister_netdevice: waiting for veth1a2b to become free. Usage count = 1",
      "[ 8913.120] unregister_netdevice: waiting for lo to become free. Usage count = 3",
      "unregister_netdevice: waiting for eth0.100 to become free. Usage count = -1",
    ],
    { not: ["unregister_netdevice: device eth0 unregistered"] },
  ),
  "program-crashes": k(
    "nginx",
    [
      "nginx[4711]: segfault at 18 ip 00007f1c2d3e4f50 sp 00007ffd12345678 error 4 in libc-2.31.so[7f1c2d3c0000+178000]",
      "traps: node[22] trap invalid opcode ip:a1b2c3 sp:7ffd error:0 in node[400000+1000000]",
      "traps: php-fpm[812] general protection fault ip:55d1 sp:7ffe error:0 in php-fpm[55d0+1000]",
      "myapp[99]: unhandled level 2 translation fault (11) at 0x00000010, esr 0x92000006, in myapp[400000+1000]",
      "[   81.1][ T4711] Plex Media Serv[4711]: segfault at 0 ip 0000000000000000 sp 00007ffeaf0ff420 error 14 likely on CPU 3 (core 1, socket 0)",
    ],
    { not: ["segfault at 7f00 ip 7f01", "python[3]: segfault at 10 ip 7f sp 7f error 4 in libnccl.so.2.18[7f+1]"] },
  ),
  "program-core-dumped": {
    source: "crash",
    subject: "mysqld",
    lines: ["Process 4711 (mysqld) crashed in my_read()", "Process 812 (java) of user 1000 dumped core."],
    not: ["Process 4711 (mysqld) started"],
  },
  "service-exception": {
    source: "crash",
    subject: "tuned",
    lines: ["Process 1022 (tuned) of user 0 encountered an uncaught dbus.exceptions.DBusException exception"],
    not: ["Process 1022 (tuned) of user 0 exited normally"],
  },
  "open-files-exhausted": k(
    "node",
    ["VFS: file-max limit 1048576 reached", "[ 77.1] VFS: file-max limit 8192 reached"],
    {
      not: ["VFS: file-max limit reached", "VFS: Mounted root (ext4 filesystem) readonly on device 8:1."],
    },
  ),
  "fork-fails": {
    source: "kubelet",
    subject: "node",
    lines: [
      'E0301 08:09:10.123456 4321 remote.go:77] "fork/exec /usr/bin/runc: resource temporarily unavailable"',
      "runtime: failed to create new OS thread (have 2048 already; errno=11)",
      "runtime/cgo: pthread_create failed: Resource temporarily unavailable",
      "bash: fork: retry: Resource temporarily unavailable",
      "Failed to fork: Cannot allocate memory",
    ],
    not: ["fork/exec /usr/bin/runc: no such file or directory", "read: resource temporarily unavailable"],
  },
  "container-process-limit": k("/kubepods/burstable/pod1/abc", [
    "cgroup: fork rejected by pids controller in /kubepods/burstable/pod1/abc",
  ]),
  "memory-page-allocation-fails": k("node", [
    "swapper/3: page allocation failure: order:2, mode:0xa20(GFP_ATOMIC), nodemask=(null),cpuset=/,mems_allowed=0",
    "kworker/0:1: page allocation failure. order:5, mode:0x20",
    "warn_alloc: page allocation stalls for 10008ms, order:0, mode:0x14201ca",
  ]),
  "node-out-of-memory": k(
    "node",
    [
      "Out of memory: Killed process 1234 (java) total-vm:8000000kB, anon-rss:7000000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:14000kB oom_score_adj:0",
      "Out of memory: Kill process 4711 (mysqld) score 901 or sacrifice child",
      "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/x.service,task=stress,pid=812,uid=0",
      "Out of memory: kill process 99 (httpd) score 31 or a child",
    ],
    {
      not: [
        "stress invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0",
        "oom_reaper: reaped process 1234 (java), now anon-rss:0kB",
      ],
    },
  ),
  "container-out-of-memory": k(
    "stress",
    [
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=abc,mems_allowed=0,oom_memcg=/kubepods/pod1/abc,task_memcg=/kubepods/pod1/abc,task=stress,pid=4321,uid=0\nMemory cgroup out of memory: Killed process 4321 (stress) total-vm:1000000kB, anon-rss:500000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1000kB oom_score_adj:1000",
      "Memory cgroup out of memory: Kill process 19636 (worker) score 1923 or sacrifice child",
    ],
    {
      not: [
        "Memory cgroup stats for /kubepods/pod1: anon 1 file 2",
        "Task in /docker/a killed as a result of limit of /docker/a",
      ],
    },
  ),
  "process-killed-for-memory": k("nginx", [
    "Killed process 1012 (nginx) total-vm:327128kB, anon-rss:306328kB, file-rss:11132kB, shmem-rss:0kB",
    "Killed process 1012, UID 48, (httpd) total-vm:327128kB, anon-rss:306328kB, file-rss:132kB",
    "Killed process 1012 (httpd), UID 48, total-vm:327128kB, anon-rss:306328kB, file-rss:132kB, shmem-rss:0kB",
  ]),
  "disk-io-errors": k(
    "sdb",
    [
      "blk_update_request: I/O error, dev sdb, sector 123456 op 0x0:(READ) flags 0x80700 phys_seg 4 prio class 0",
      "Buffer I/O error on dev dm-3, logical block 2097136, async page read",
      "Buffer I/O error on device sda1, logical block 0",
      "end_request: I/O error, dev vdb, sector 2048",
      "print_req_error: I/O error, dev nvme1n1, sector 77",
      "I/O error, dev sdc, sector 1 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2",
      "blk_update_request: critical medium error, dev sdd, sector 9",
    ],
    {
      not: [
        "blk_update_request: I/O error, dev fd0, sector 0 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0",
        "Buffer I/O error on dev sr0, logical block 0, async page read",
        "Buffer I/O error on dev dm-0",
        "operation not supported error, dev loop0, sector 0 op 0x9:(WRITE_ZEROES) flags 0x8000800",
        "critical target error, dev sda, sector 9 op 0x3:(DISCARD) flags 0x0",
      ],
    },
  ),
  "superblock-write-error": k(
    "sda1",
    [
      "EXT4-fs (sda1): I/O error while writing superblock",
      "BTRFS error (device sdb): error writing primary super block to device 1",
      "EXT4-fs (dm-0): previous I/O error to superblock detected",
    ],
    { not: ["EXT4-fs (dm-0): superblock checksum verified", "XFS (sda1): Mounting V5 Filesystem"] },
  ),
  "access-beyond-device-end": k("sdb", [
    "attempt to access beyond end of device\nsdb: rw=0, want=4196352, limit=4194304",
    "kworker/u8:2: attempt to access beyond end of device\nvda: rw=1, sector=8388608, nr_sectors = 8 limit=8388608",
    "dd: attempt to access beyond end of device",
  ]),
  "raid-disk-failed": k(
    "raid1:md0",
    [
      "md/raid1:md0: Disk failure on sda1, disabling device.",
      "md/raid0md127: Disk failure on nvme2n1p1 detected, failing array.",
      "md/raid:md5: not enough operational devices (2/4 failed)",
      "Fail event detected on md device /dev/md0, component device /dev/sdb1",
    ],
    { not: ["md/raid1:md0: active with 2 out of 2 mirrors", "md: recovery of RAID array md0"] },
  ),
  "nvme-timeout": k(
    "nvme0",
    [
      "nvme nvme0: I/O 22 QID 3 timeout, reset controller",
      "nvme nvme4: I/O tag 512 (1200) opcode 0x2 (I/O Cmd) QID 7 timeout, reset controller",
      "nvme nvme1: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10",
    ],
    { not: ["nvme nvme0: I/O timeout", "nvme nvme0: 8/0/0 default/read/poll queues"] },
  ),
  "nvme-disabled": k(
    "nvme3",
    ["nvme nvme3: Disabling device after reset failure: -19", "nvme nvme0: Removing after probe failure status: -19"],
    { not: ["nvme nvme0: Disabling device", "nvme nvme0: resetting controller"] },
  ),
  "nvme-path-lost": k("nvme2n1", ["block nvme2n1: no available path - failing I/O"], {
    not: ["block nvme2n1: no usable path - requeuing I/O"],
  }),
  "multipath-path-failed": k(
    "8:16",
    ["device-mapper: multipath: 253:3: Failing path 8:16.", "device-mapper: multipath: Failing path 65:32."],
    {
      clear: "device-mapper: multipath: 253:3: Reinstating path 8:16.",
    },
  ),
  "thin-pool-failed": k("253:2", ["device-mapper: thin: 253:2: switching pool to out-of-data-space (queue IO) mode"], {
    clear: "device-mapper: thin: 253:2: switching pool to write mode",
    not: ["device-mapper: thin: 253:2: reached low water mark for data device: sending event."],
  }),
  "scsi-disk-offline": k("2:0:0:1", [
    "sd 2:0:0:1: rejecting I/O to offline device",
    "sd 0:0:0:0: Device offlined - not ready after error recovery",
  ]),
  "disk-bad-sectors": {
    source: "disk",
    subject: "/dev/sdb",
    lines: [
      "Device: /dev/sdb [SAT], 104 Currently unreadable (pending) sectors",
      "Device: /dev/sda [SAT], 1320 Offline uncorrectable sectors",
      "smartd: 512 Currently unreadable (pending) sectors (changed +8)",
    ],
    not: ["Device: /dev/sdb [SAT], 8 Currently unreadable (pending) sectors"],
  },
  "remote-image-io-stalls": {
    source: "image",
    subject: "anywhere",
    lines: ["ERROR|registryfs.cpp:293|pread:failed to perform HTTP GET", "iohang detected on overlaybd0 for 30 s"],
    not: ["INFO|image_file.cpp:77|opened"],
  },
  "filesystem-turned-read-only": k(
    "sda2",
    [
      "EXT4-fs (sda2): Remounting filesystem read-only",
      "BTRFS info (device vdb: state EA): forced readonly",
      "EXT3-fs (sdb1): error: remounting filesystem read-only",
      "Remounting filesystem read-only",
    ],
    {
      clear: "EXT4-fs (sda2): mounted filesystem with ordered data mode. Quota mode: none.",
      not: [
        "EXT4-fs (sda2): mounted filesystem with ordered data mode",
        "EXT4-fs (sda2): re-mounted. Opts: errors=remount-ro",
      ],
    },
  ),
  "xfs-shut-down": k(
    "dm-4",
    [
      "XFS (dm-4): I/O Error Detected. Shutting down filesystem",
      "XFS (sdb1): Corruption of in-memory data (0x8) detected at xfs_trans_cancel+0x1/0x2 (fs/xfs/xfs_trans.c:1097).  Shutting down filesystem.",
      "XFS (vdc): Log I/O Error (0x2) detected at xlog_ioend_work+0x5/0x6 [xfs] (fs/xfs/xfs_log.c:1377).  Shutting down filesystem.",
    ],
    {
      clear: "XFS (dm-4): Ending clean mount",
      not: ["XFS (dm-4): Unmounting Filesystem", "XFS (dm-4): Mounting V5 Filesystem"],
    },
  ),
  "ext-filesystem-errors": k(
    "sda1",
    [
      "EXT4-fs error (device sda1): ext4_lookup:1602: inode #2: comm ls: deleted inode referenced: 12",
      "EXT3-fs error (device sdb2): ext3_free_blocks: Freeing blocks not in datazone",
      "EXT4-fs (vda1): This should not happen!! Data will be lost",
    ],
    {
      not: [
        "EXT4-fs (sda1): mounted filesystem with ordered data mode. Opts: errors=remount-ro",
        "EXT4-fs (sda1): recovery complete",
      ],
    },
  ),
  "ext-filesystem-warnings": k("dm-1", [
    "EXT4-fs warning (device dm-1): ext4_dx_add_entry:2461: Directory (ino: 2) index full, reach max htree level :2",
  ]),
  "btrfs-errors": k("sdb", [
    "BTRFS error (device sdb): bdev /dev/sdb errs: wr 0, rd 1, flush 0, corrupt 0, gen 0",
    "BTRFS critical (device sdc): corrupt leaf: root=1 block=2 slot=3",
    "BTRFS: error (device sdd) in btrfs_run_delayed_refs:2150: errno=-5 IO failure",
  ]),
  "filesystem-journal-aborted": k("sda1-8", [
    "Aborting journal on device sda1-8.",
    "JBD2: Detected IO errors while flushing file data on dm-0-8",
    "JBD2: Error -5 detected when updating journal superblock for sdb1-8.",
  ]),
  "nfs-server-silent": k(
    "10.0.0.5",
    [
      "nfs: server 10.0.0.5 not responding, still trying",
      "nfs: server filer.example.com not responding, timed out",
      "lockd: server 10.0.0.9 not responding, still trying",
    ],
    { clear: "nfs: server 10.0.0.5 OK", not: ["nfs: server 10.0.0.5 starting", "nfs: server 10.0.0.5 OK"] },
  ),
  "nfs-lock-reclaim-failed": k(
    "nfs",
    [
      "NFS: nfs4_reclaim_open_state: Lock reclaim failed!",
      "lockd: failed to reclaim lock for pid 7 (errno -13, status 13)",
    ],
    {
      not: ["nfs4_reclaim_open_state: all locks reclaimed"],
    },
  ),
  "nfs-writeback-hangs": k(
    "nfs",
    [
      " nfs_wb_all+0x2c/0x190 [nfs]",
      " ? nfs_wb_page+0xb4/0x1d0 [nfs]",
      " [<ffffffffa03a>] nfs_lock_and_join_requests+0x61/0x2b0 [nfs]",
    ],
    { not: [" my_nfs_wb_all+0x2c/0x190 [x]", "nfs_wb_all returned 0"] },
  ),
  "cifs-server-silent": k("\\\\filer", ["CIFS: VFS: \\\\filer has not responded in 180 seconds. Reconnecting..."]),
  "ceph-connection-lost": k(
    "mon0",
    [
      "libceph: mon0 10.0.0.1:6789 session lost, hunting for new mon",
      "libceph: osd3 10.0.0.2:6801 socket closed (con state OPEN)",
    ],
    {
      clear: "libceph: mon0 10.0.0.1:6789 session established",
    },
  ),
  "conntrack-table-full": k("conntrack", [
    "nf_conntrack: nf_conntrack: table full, dropping packet",
    "[ 1.5] nf_conntrack: table full, dropping packet",
    "ip_conntrack: table full, dropping packet.",
  ]),
  "neighbour-table-overflow": k("neighbours", [
    "neighbour: arp_cache: neighbor table overflow!",
    "Neighbour table overflow.",
    "neighbour: ndisc_cache: neighbor table overflow!",
  ]),
  "route-cache-full": k("routes", [
    "Route cache is full: consider increasing sysctl net.ipv6.route.max_size.",
    "dst cache overflow",
  ]),
  "nic-transmit-timeout": k("eth0", [
    "NETDEV WATCHDOG: eth0 (ixgbe): transmit queue 3 timed out",
    "ixgbe 0000:01:00.0 eth0: NETDEV WATCHDOG: CPU: 3: transmit queue 0 timed out 5123 ms",
    "e1000e 0000:00:19.0 eno1: Detected Hardware Unit Hang: Detected Tx Unit Hang",
    "mlx5_core 0000:5c:00.0 ens1f0: TX timeout detected",
  ]),
  "nic-link-flaps": k(
    "eth0",
    [
      "ixgbe 0000:01:00.0 eth0: NIC Link is Down",
      "mlx5_core 0000:5c:00.0 ens1f0: Link down",
      "bond0: (slave eth1): link status definitely down, disabling slave",
      "e1000e: eno1 NIC Link is Down",
    ],
    {
      not: [
        "ixgbe 0000:01:00.0 eth0: NIC Link is Up 10 Gbps, Flow Control: RX/TX",
        "IPv6: ADDRCONF(NETDEV_UP): eth0: link is not ready",
        "IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready",
      ],
    },
  ),
  "syn-flooding": k("port 443", [
    "TCP: request_sock_TCP: Possible SYN flooding on port 443. Sending cookies.  Check SNMP counters.",
    "TCP: request_sock_TCP: Possible SYN flooding on port [::]:8080. Sending cookies.",
    "possible SYN flooding on port 80. Sending cookies.",
    "TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:6443. Dropping request.",
  ]),
  "tcp-out-of-memory": k("tcp", ["TCP: out of memory -- consider tuning tcp_mem"]),
  "tcp-too-many-orphans": k("tcp", [
    "TCP: too many orphaned sockets",
    "TCP: too many of orphaned sockets",
    "too many orphaned sockets",
  ]),
  "network-loop": k("cni0", [
    "cni0: received packet on veth12 with own address as source address (addr:aa:bb:cc:dd:ee:ff, vlan:0)",
  ]),
  "address-used-twice": k("fe80::1", [
    "IPv6: eth0: IPv6 duplicate address fe80::1 used by 52:54:00:00:00:01 detected!",
  ]),
  "pod-addresses-exhausted": {
    source: "cni",
    subject: "addresses",
    lines: [
      "failed to increase IP pool: InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free addresses",
      'plugin type="host-local" failed (add): no IP addresses available in range set: 10.88.0.1-10.88.0.254',
      "create eni failed: insufficient idle vSwitch IPs",
    ],
    not: ["assigned IP address 10.0.0.7 to pod"],
  },
  "cni-daemon-restarts": {
    source: "cni",
    subject: "cni",
    lines: ["Starting L-IPAMD v1.12.0  ..."],
    not: ["L-IPAMD is ready"],
  },
  "cni-plugin-files-unreadable": {
    source: "kubelet",
    subject: "cni",
    lines: [
      'failed to Statfs "/var/lib/cni/networks": input/output error',
      "cni: cannot statfs /opt/cni/bin: stale file handle",
    ],
  },
  "kube-proxy-cannot-watch": {
    source: "kube-proxy",
    subject: "*v1.EndpointSlice",
    lines: [
      "Failed to watch *v1.EndpointSlice: failed to list *v1.EndpointSlice: the server could not find the requested resource",
    ],
  },
  "hardware-error-fatal": k("hardware", ["{1}[Hardware Error]: event severity: fatal"], {
    not: ["{1}[Hardware Error]: event severity: info", "[Hardware Error]: section_type: memory error"],
  }),
  "hardware-error-recoverable": k("hardware", ["{2}[Hardware Error]: event severity: recoverable"]),
  "hardware-error-corrected": k("hardware", ["{3}[Hardware Error]: event severity: corrected"]),
  "machine-check": k(
    "hardware",
    [
      "mce: [Hardware Error]: CPU 12: Machine Check Exception: 5 Bank 7: be00000000800400",
      "[Hardware Error]: Uncorrected, software restartable error.",
      "mce: [Hardware Error]: Machine check: Processor context corrupt",
      "Memory failure: 0x1a2b3: recovery action for dirty LRU page: Failed",
    ],
    {
      not: ["mce: CPU supports 20 MCE banks", "Memory failure: 0x1a2b3: recovery action for clean LRU page: Recovered"],
    },
  ),
  "memory-errors-corrected": k("CPU_SrcID#0_Ha#0_Chan#1_DIMM#0", [
    "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0 (channel:1 slot:0 page:0x1 offset:0x0 grain:32 syndrome:0x0)",
    "EDAC sbridge MC1: 3 CE memory scrubbing error on CPU#1Channel#2_DIMM#0",
  ]),
  "memory-errors-uncorrected": k(
    "CPU_SrcID#1_Ha#0_Chan#0_DIMM#1",
    ["EDAC MC1: 1 UE memory read error on CPU_SrcID#1_Ha#0_Chan#0_DIMM#1 (channel:0 slot:1)"],
    {
      not: ["EDAC MC0: Giving out device to module skx_edac controller Skylake Socket#0 IMC#0"],
    },
  ),
  "processor-throttled-by-heat": k(
    "cpu",
    [
      "CPU3: Core temperature above threshold, cpu clock throttled (total events = 12)",
      "CPU0: Package temperature is above threshold, cpu clock is throttled (total events = 1)",
    ],
    {
      not: ["CPU3: Core temperature/speed normal"],
    },
  ),
  "temperature-critical": k("temperature", [
    "thermal thermal_zone0: acpitz: critical temperature reached, shutting down",
    "Critical temperature reached (105 C), shutting down",
  ]),
  "pcie-errors-uncorrected": k(
    "0000:3b:00.0",
    [
      "nvme 0000:3b:00.0: PCIe Bus Error: severity=Uncorrected (Non-Fatal), type=Transaction Layer, (Requester ID)",
      "pcieport 0000:00:1c.0: AER: Uncorrected (Fatal) error received: 0000:01:00.0",
      "pcieport 0000:00:1c.0: AER: Multiple Uncorrectable (Non-Fatal) error message received from 0000:02:00.0",
    ],
    { not: ["pcieport 0000:00:1c.0: AER: enabled with IRQ 122"] },
  ),
  "pcie-errors-corrected": k("0000:00:1c.0", [
    "pcieport 0000:00:1c.0: PCIe Bus Error: severity=Corrected, type=Physical Layer, (Receiver ID)",
  ]),
  "pcie-power-insufficient": k(
    "0000:5c:00.0",
    ["mlx5_core 0000:5c:00.0: mlx5_pcie_event:299:(pid 41): Detected insufficient power on the PCIe slot (25W)."],
    {
      not: ["mlx5_core 0000:5c:00.0: mlx5_pcie_event:299:(pid 41): PCIe slot advertised sufficient power (75W)."],
    },
  ),
  "network-module-hot": k(
    "network card",
    [
      "mlx5_core 0000:5c:00.0: mlx5_port_module_event:1131:(pid 0): Port module event[error]: module 1, Cable error, High Temperature",
    ],
    {
      not: [
        "mlx5_port_module_event:1131:(pid 0): Port module event[error]: module 0, Cable error, Bus stuck (I2C or data shorted)",
        "mlx5_core: Port module event: module 0, Cable plugged",
      ],
    },
  ),
  "infiniband-register-access-failed": k(
    "network card",
    [
      "mlx5_core 0000:5c:00.0: mlx5_cmd_out_err:838:(pid 99): ACCESS_REG(0x805) op_mod(0x1) failed, status bad operation(0x2), syndrome (0x0), err(-22)",
    ],
    {
      not: ["mlx5_cmd_out_err:838:(pid 99): QUERY_VPORT(0x1) op_mod(0x0) failed"],
    },
  ),
  "gpu-error-critical": k("PCI:0000:05:00", [
    "NVRM: Xid (PCI:0000:05:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
    "NVRM: Xid (PCI:0000:9b:00): 48, pid=2, name=python, DBE (double bit error)",
  ]),
  "gpu-error-other": k("PCI:0000:05:00", [
    "NVRM: Xid (PCI:0000:05:00): 31, pid=812, name=python, Ch 00000008, intr 00000000. MMU Fault",
    "NVRM: Xid (PCI:0000:05:00): 13, Graphics Exception",
  ]),
  "gpu-lost": k("0000:03:00.0", [
    "NVRM: GPU 0000:03:00.0: GPU has fallen off the bus.",
    "NVRM: GPU at PCI:0000:0a:00: GPU-1: GPU has fallen off the bus",
    "NVRM: GPU 0000:02:00.0: RmInitAdapter failed! (0x26:0xffff:1290)",
  ]),
  "nvswitch-error-fatal": {
    source: "gpu",
    subject: "nvswitch",
    lines: [
      "[ERROR] [tid 1] detected NVSwitch fatal error 20034 on fid 0 on NVSwitch pci bus id 00000000:c1:00.0 physical id 3 port 46",
      "nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 20034, Fatal, Link 30 LTSSM Fault Up",
    ],
    not: ["NVSwitch initialized"],
  },
  "nvswitch-error-other": {
    source: "gpu",
    subject: "nvswitch",
    lines: [
      "[ERROR] [tid 1] detected NVSwitch non-fatal error 12028 on fid 0 on NVSwitch pci bus id 00000000:86:00.0 physical id 3 port 61",
      "nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Non-fatal, Link 46 MC TS crumbstore MCTO",
    ],
  },
  "fabric-manager-failed": {
    source: "gpu",
    subject: "fabric manager",
    lines: ["[ERROR] [tid 9] failed to find the GPU handle 41 in the multicast team request setup 61."],
  },
  "nvswitch-topology-wrong": {
    source: "gpu",
    subject: "fabric manager",
    lines: ["detected number of NVSwitches don't match with any supported system topology, aborting fabric manager"],
  },
  "nvswitch-absent": {
    source: "gpu",
    subject: "fabric manager",
    lines: [
      "request to query NVSwitch device information from NVSwitch driver failed with error:WARNING Nothing to do [NV_WARN_NOTHING_TO_DO]",
    ],
  },
  "nccl-crashes": k(
    "libnccl",
    ["python3[8]: segfault at 7f79 ip 00007f7c sp 00007f7c error 4 in libnccl.so.2.19.3[7f7c+1000]"],
    { not: ["segfault at 7f79 ip 7f sp 7f error 4 in libcuda.so"] },
  ),
  "gpu-peer-memory-invalid": k(
    "nvidia-peermem",
    ["nvidia-peermem nv_get_p2p_free_callback:127 ERROR detected invalid context, skipping further processing"],
    { not: ["nvidia-peermem nv_get_p2p_free_callback:127"] },
  ),
  "containerd-restarts-often": {
    source: "systemd",
    subject: "containerd",
    lines: [
      "Starting containerd container runtime...",
      "Starting containerd.service - containerd container runtime...",
    ],
    clear: "Stopping containerd container runtime...",
    not: ["Started containerd container runtime."],
  },
  "dockerd-restarts-often": {
    source: "systemd",
    subject: "dockerd",
    lines: [
      "Starting Docker Application Container Engine...",
      "Starting docker.service - Docker Application Container Engine...",
    ],
    clear: "Stopping docker.service - Docker Application Container Engine...",
  },
  "runtime-program-crashed": {
    source: "runtime",
    subject: "crash",
    lines: [
      "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1]\n\ngoroutine 1 [running]:",
      "fatal error: concurrent map writes\n\ngoroutine 88 [running]:",
    ],
    not: ["panic: not followed by anything", 'level=info msg="panic: none"'],
  },
  "runtime-gave-up-helper": {
    source: "runtime",
    subject: "pouchd",
    lines: ['level=error msg="failed to restart containerd in time and exit whole process"'],
  },
  "container-name-reserved": {
    source: "kubelet",
    subject: "names",
    lines: [
      'rpc error: code = Unknown desc = failed to reserve container name "app_web-0_default_1": name "app_web-0_default_1" is reserved for "abc"',
      "error reserving ctr name k8s_app for id abc: name is reserved",
    ],
  },
  "container-create-refused": {
    source: "kubelet",
    subject: "containers",
    lines: [
      'failed to create containerd task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH: unknown',
    ],
  },
  "container-start-too-late": {
    source: "runtime",
    subject: "containers",
    lines: ["OCI runtime start failed: container process is already dead: unknown"],
  },
  "overlay-metadata-corrupt": {
    source: "runtime",
    subject: "overlay2",
    lines: [
      "Handler for GET /containers/json returned error: readlink /var/lib/docker/overlay2/l/ABC: invalid argument",
    ],
  },
  "container-root-busy": {
    source: "runtime",
    subject: "containers",
    lines: [
      "unable to remove filesystem: unlinkat /var/lib/docker/overlay2/abc/merged: device or resource busy",
      "Driver overlay2 failed to remove root filesystem abc: unlinkat: device or resource busy",
    ],
  },
  "runtime-plugin-lacks-watches": {
    source: "runtime",
    subject: "inotify",
    lines: [
      "failed to create fsnotify watcher: too many open files",
      "failed to run Kubelet: inotify_init: too many open files",
    ],
  },
  "file-watches-exhausted": {
    source: "kubelet",
    subject: "inotify",
    lines: ["inotify_add_watch /sys/fs/cgroup/memory/kubepods: no space left on device"],
    not: ["write /var/lib/x: no space left on device"],
  },
  "memory-cgroups-exhausted": {
    source: "kubelet",
    subject: "cgroups",
    lines: ["mkdir /sys/fs/cgroup/memory/kubepods/burstable/pod1: no space left on device"],
  },
  "image-layer-register-fails": {
    source: "runtime",
    subject: "images",
    lines: [
      "Error trying v2 registry: failed to register layer: rename /var/lib/docker/image/overlay2/layerdb/tmp/write-set-1 /var/lib/docker/image/overlay2/layerdb/sha256/ab: directory not empty",
    ],
  },
  "image-parent-missing": {
    source: "runtime",
    subject: "images",
    lines: [
      'failed to prepare extraction snapshot "extract-1 sha256:ab": parent snapshot sha256:cd does not exist: not found',
      'failed to create snapshot: missing parent "k8s.io/3/sha256:ab" bucket: not found',
    ],
  },
  "image-layer-damaged": {
    source: "runtime",
    subject: "images",
    lines: [
      "failed to extract layer sha256:ab: mount callback failed: archive/tar: invalid tar header: unknown",
      'wrong diff id calculated on extraction "sha256:ab"',
    ],
  },
  "container-quota-exceeded": {
    source: "runtime",
    subject: "containers",
    lines: ["write /app/log/out.log: disk quota exceeded", "mkdir: Disk quota exceeded"],
  },
  "runtime-socket-unreachable": {
    source: "kubelet",
    subject: "unix:///var/run/docker.sock.",
    lines: [
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
      "dial unix /run/containerd/containerd.sock: connect: connection refused",
    ],
  },
  "runtime-configuration-deprecated": {
    source: "runtime",
    subject: "configuration",
    lines: [
      'level=warning msg="The `mirrors` property is deprecated since containerd v1.5 and will be removed in containerd v2.0"',
    ],
    not: ['level=info msg="loading plugin"'],
  },
  "kubelet-restarts-often": {
    source: "systemd",
    subject: "kubelet",
    lines: [
      "Started kubelet: The Kubernetes Node Agent.",
      "Started Kubernetes kubelet.",
      "Started kubelet.service - Kubernetes kubelet.",
    ],
    clear: "Stopping Kubernetes kubelet...",
    not: ["Started containerd container runtime."],
  },
  "pod-lifecycle-events-stale": {
    source: "kubelet",
    subject: "kubelet",
    lines: [
      "skipping pod synchronization - PLEG is not healthy: pleg was last seen active 3m5.2s ago; threshold is 3m0s",
      "PLEG is not healthy: pleg has yet to be successful",
    ],
  },
  "pod-volumes-orphaned": {
    source: "kubelet",
    subject: "pods",
    lines: [
      'Orphaned pod "0193d7a0-aaaa-bbbb-cccc-000000000001" found, but volume paths are still present on disk : There were a total of 3 errors similar to this.',
    ],
  },
  "pod-cannot-leave": {
    source: "kubelet",
    subject: "pods",
    lines: [
      '"Pod still has one or more containers in the non-exited state and will not be removed from desired state" pod="default/web-0"',
    ],
  },
  "runtime-calls-time-out": {
    source: "kubelet",
    subject: "runtime",
    lines: [
      '"ListPodSandbox with filter from runtime service failed" err="rpc error: code = DeadlineExceeded desc = context deadline exceeded"',
    ],
  },
  "container-unknown-to-runtime": {
    source: "kubelet",
    subject: "containers",
    lines: ["rpc error: code = Unknown desc = Error: No such container: 0123456789abcdef0123"],
  },
  "sandbox-record-lost": {
    source: "kubelet",
    subject: "sandboxes",
    lines: ['failed to get sandbox status: sandbox "0123456789abcdef" not found'],
  },
  "image-collection-frees-nothing": {
    source: "kubelet",
    subject: "images",
    lines: [
      "Failed to garbage collect required amount of images. Wanted to free 5368709120 bytes, but freed 0 bytes",
      "wanted to free 9223372036854775807 bytes, but freed 0 bytes space with errors in image deletion",
    ],
  },
  "disk-scan-slow": {
    source: "kubelet",
    subject: "disk",
    lines: ["fs: disk usage and inodes count on following dirs took 2.13s: [/rootfs/var/lib/docker/overlay2/abc]"],
  },
  "pod-hosts-file-mount-fails": {
    source: "kubelet",
    subject: "pods",
    lines: [
      'error mounting "/var/lib/kubelet/pods/1/etc-hosts" to rootfs at "/etc/hosts": mount /etc/hosts: no such file',
    ],
  },
  "pod-slice-times-out": {
    source: "kubelet",
    subject: "systemd",
    lines: [
      "Timeout waiting for systemd to create kubepods-burstable.slice",
      "Timed out while waiting for StartTransientUnit(cri-containerd-abc.scope) completion signal from dbus. Continuing...",
    ],
  },
  "drain-blocked-by-budget": {
    source: "kubelet",
    subject: "evictions",
    lines: ["error when evicting pods: Cannot evict pod as it would violate the pod's disruption budget."],
  },
  "unit-start-failed": {
    source: "systemd",
    subject: "Rotate log files",
    lines: ["Failed to start Rotate log files.", "Failed to start logrotate.service - Rotate log files."],
    clear: "Started Rotate log files.",
    not: ["Started Rotate log files.", "Failed to start session-12.scope."],
  },
  "unit-in-failed-state": {
    source: "systemd",
    subject: "kubelet.service",
    lines: ["Unit kubelet.service entered failed state."],
    not: ["kubelet.service: Succeeded."],
  },
  "message-bus-fails": {
    source: "systemd",
    subject: "dbus",
    lines: [
      "Failed to activate service 'org.freedesktop.systemd1': timed out (service_start_timeout=25000ms)",
      "Failed to get properties: Connection timed out",
      "dbus: connection closed by user",
    ],
  },
};

/** Ordinary lines of busy, healthy nodes: no rule may take any of them. */
export const harmlessLines: readonly string[] = [
  "",
  "EXT4-fs (sda1): mounted filesystem with ordered data mode. Quota mode: none.",
  "EXT4-fs (sda1): re-mounted 1b2c r/w. Quota mode: none.",
  "XFS (sdb1): Ending clean mount",
  "IPv6: ADDRCONF(NETDEV_CHANGE): veth1: link becomes ready",
  "cni0: port 1(veth1) entered forwarding state",
  "device veth1 left promiscuous mode",
  "e1000e: eth0 NIC Link is Up 1000 Mbps Full Duplex, Flow Control: None",
  "nvme nvme0: pci function 0000:00:1e.0",
  "nf_conntrack: default automatic helper assignment has been turned off for security reasons",
  "oom_reaper: reaped process 12 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
  'audit: type=1400 audit(1.2:3): apparmor="DENIED" operation="open" profile="docker-default"',
  "usb 1-1: reset high-speed USB device number 2 using xhci_hcd",
  "perf: interrupt took too long (2510 > 2500), lowering kernel.perf_event_max_sample_rate to 79500",
  "clocksource: Switched to clocksource tsc",
  "random: crng init done",
  "overlayfs: upperdir is in-use as upperdir/workdir of another mount, accessing files from both mounts will result in undefined behavior.",
  "docker0: port 2(veth7) entered disabled state",
  "TCP: eth0: Driver has suspect GRO implementation, TCP performance may be compromised.",
  "mce: CPU supports 32 MCE banks",
  "EDAC MC: Ver: 3.0.0",
  "tasks blocked for more than usual",
  "INFO: task cp blocked for more than 120 seconds.",
  "nfs: server 10.0.0.5 OK",
  "md: md0: resync done.",
  "CPU0: Core temperature/speed normal",
  "TCP: request_sock_TCP: sending cookies",
  "Started Session 12 of user root.",
  "Started Daily apt download activities.",
  'time="2026-03-01T08:09:10Z" level=info msg="StopContainer for \\"abc\\" returns successfully"',
  'I0301 08:09:10.123456 4321 kubelet.go:77] "SyncLoop (PLEG): event for pod" pod="default/web-0"',
  'level=info msg="cleaning up dead shim"',
  "NVRM: loading NVIDIA UNIX x86_64 Kernel Module  535.104.05",
  "mlx5_core 0000:5c:00.0: mlx5_pcie_event:301:(pid 7): PCIe slot advertised sufficient power (27W).",
];
