// Reading logs on a node: files across rotation, truncation and restart, entries of the journal, and that no line counts twice.
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AgentConfig } from "../config.ts";
import { MemoryFile } from "../memory.ts";
import { FileTail } from "./file-tail.ts";
import { JournalTail, parseJournalEntry, readJournalBack } from "./journal-tail.ts";
import { LogWatch } from "./watch.ts";

let folder: string;
let log: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nodeops-logs-"));
  log = join(folder, "kubelet.log");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("FileTail", () => {
  it("begins at the end, then gives whole lines", async () => {
    writeFileSync(log, "old\n");
    const tail = new FileTail(log, null);
    expect(await tail.read()).toEqual([]);
    appendFileSync(log, "one\ntwo\nhal");
    expect(await tail.read()).toEqual(["one", "two"]);
    appendFileSync(log, "f\n");
    expect(await tail.read()).toEqual(["half"]);
    expect(await tail.read()).toEqual([]);
  });

  it("reads a file that appears later from its beginning", async () => {
    const tail = new FileTail(log, null);
    expect(await tail.read()).toBeNull();
    writeFileSync(log, "first\n");
    expect(await tail.read()).toEqual(["first"]);
  });

  it("goes on where an earlier reader was, over a rotation", async () => {
    writeFileSync(log, "a\n");
    const before = new FileTail(log, null);
    await before.read();
    appendFileSync(log, "b\n");
    renameSync(log, `${log}.1`);
    writeFileSync(log, "c\n");
    const after = new FileTail(log, before.position);
    expect(await all(after)).toEqual(["b", "c"]);
    expect(await all(after)).toEqual([]);
  });

  /** What the next look would give: portions until the end. */
  async function all(tail: FileTail): Promise<string[]> {
    const lines: string[] = [];
    do lines.push(...((await tail.read()) ?? []));
    while (tail.isBehind);
    return lines;
  }

  it.each(["kubelet.log-20261122", "kubelet.log.1", "kubelet.log-20261122-1795305600"])(
    "reads the old file to its end when rotation calls it %s",
    async (name) => {
      writeFileSync(log, "");
      const tail = new FileTail(log, null);
      await tail.read();
      writeFileSync(join(folder, "kubelet.log-20261121"), "older, and read long ago\n");
      appendFileSync(log, `${"x".repeat(99)}\n`.repeat(6_000)); // more than two portions
      renameSync(log, join(folder, name));
      writeFileSync(log, "new\n");
      const lines = await all(tail);
      expect([lines.length, lines.at(-1)]).toEqual([6_001, "new"]);
      expect(await all(tail)).toEqual([]);
    },
  );

  it("goes on in the old file until its writer opens the new one", async () => {
    writeFileSync(log, "a\n");
    const tail = new FileTail(log, null);
    await tail.read();
    renameSync(log, `${log}-20261122`);
    writeFileSync(log, "");
    expect(await all(tail)).toEqual([]);
    appendFileSync(`${log}-20261122`, "late\n");
    expect(await all(tail)).toEqual(["late"]);
    appendFileSync(log, "new\n");
    expect(await all(tail)).toEqual(["new"]);
  });

  it("begins anew when the file was cut", async () => {
    writeFileSync(log, "a long line\n");
    const tail = new FileTail(log, null);
    await tail.read();
    truncateSync(log, 0);
    appendFileSync(log, "new\n");
    expect(await tail.read()).toEqual(["new"]);
  });

  it("takes a bounded portion a look, and skips what is too much", async () => {
    writeFileSync(log, "");
    const tail = new FileTail(log, null);
    await tail.read();
    appendFileSync(log, `${"x".repeat(99)}\n`.repeat(4_000));
    const first = (await tail.read()) ?? [];
    const second = (await tail.read()) ?? [];
    expect(first.length).toBeLessThan(4_000);
    expect(first.length + second.length).toBe(4_000);
    appendFileSync(log, Buffer.alloc(10 * 1024 * 1024, "y\n"));
    await tail.read();
    expect(tail.skipped).toBeGreaterThan(0);
    expect(await tail.read()).toEqual([]);
  });

  it("does not wait at what is no file", async () => expect(await new FileTail(folder, null).read()).toBeNull());
});

describe("journal", () => {
  it("gives an entry's lines, also from bytes", () => {
    const entry = {
      __CURSOR: "s=1",
      __REALTIME_TIMESTAMP: "1772352000123456",
      SYSLOG_IDENTIFIER: "kubelet",
      _UID: "0",
      _COMM: "kubelet",
    };
    expect(parseJournalEntry(JSON.stringify({ ...entry, MESSAGE: "a\nb" }))).toEqual({
      cursor: "s=1",
      lines: ["a", "b"].map((text) => ({ program: "kubelet", text, at: 1_772_352_000_123 })),
    });
    expect(parseJournalEntry(JSON.stringify({ ...entry, MESSAGE: [104, 105] }))?.lines[0]?.text).toBe("hi");
    expect(parseJournalEntry(JSON.stringify({ ...entry, MESSAGE: null }))?.lines).toEqual([]);
  });

  it.each(["", "{", "[]", '{"__CURSOR":1}'])("refuses %j", (text) => expect(parseJournalEntry(text)).toBeNull());
});

describe("JournalTail", () => {
  const path = process.env.PATH ?? "";
  afterEach(() => {
    process.env.PATH = path;
  });

  /** A program of that name which says how it was called, gives two entries and stays, as `journalctl --follow` does. */
  function journalctl(): string {
    const calls = join(folder, "calls");
    const entry = (cursor: string, message: string) =>
      JSON.stringify({
        __CURSOR: cursor,
        __REALTIME_TIMESTAMP: "1000",
        SYSLOG_IDENTIFIER: "kubelet",
        _UID: "0",
        _COMM: "kubelet",
        MESSAGE: message,
      });
    const script = `#!/bin/sh\necho "$@" >> ${calls}\necho '${entry("c1", "one")}'\necho '${entry("c2", "two")}'\n`;
    writeFileSync(join(folder, "journalctl"), `${script}case "$*" in *--follow*) exec sleep 30;; esac\n`, {
      mode: 0o755,
    });
    process.env.PATH = `${folder}:${path}`;
    return calls;
  }

  it("follows, remembers its place, and goes on from there", async () => {
    const calls = journalctl();
    const tail = new JournalTail("c0", true);
    const seen: string[] = [];
    await vi.waitFor(() => {
      seen.push(...tail.take(1_000_000).map(({ text }) => text));
      expect(seen).toEqual(["one", "two"]);
    });
    expect(tail.cursor).toBe("c2");
    tail.stop();
    const call = readFileSync(calls, "utf8");
    expect(call).toContain("--after-cursor c0");
    expect(call).toContain("-t kubelet");
    expect(call).not.toContain("conmon");
    expect(call).toContain("--all");
    expect(call).toContain("-t kernel");
  });

  it("reads back once", async () => {
    const calls = journalctl();
    expect((await readJournalBack(5_000, false)).map(({ text }) => text)).toEqual(["one", "two"]);
    expect(readFileSync(calls, "utf8")).toContain("--since @5 ");
    expect(readFileSync(calls, "utf8")).not.toContain("-t kernel");
  });
});

describe("LogWatch", () => {
  const NOW = 1_772_352_000_000;
  const config = () => AgentConfig.parse({ modules: [{ name: "kubelet", kind: "kubelet", log }] });
  const start = (memory = new MemoryFile(join(folder, "memory.json"))) => ({
    memory,
    watch: new LogWatch(memory, config(), { syslogFiles: [join(folder, "messages")], isJournalKept: false }),
  });
  const kernel = (message: string, at = NOW) => ({ facility: 0, message, at });
  const ORPHAN = 'Orphaned pod "0193d7a0-aaaa" found, but volume paths are still present on disk\n';

  it("counts a line once, whatever restarts come between, and forgets nothing", async () => {
    writeFileSync(log, "");
    let { memory, watch } = start();
    watch.setKernel(true);
    await watch.look(NOW);
    for (let turn = 0; turn < 3; turn++) {
      appendFileSync(log, ORPHAN);
      watch.kernel(kernel("nfs: server filer not responding, still trying"));
      await watch.look(NOW + turn);
      memory.save();
      ({ memory, watch } = start());
      watch.setKernel(true);
    }
    const { matches, reads } = await watch.look(NOW + 10);
    expect(reads).toContain("kernel");
    expect(matches.map(({ rule, subject, count }) => [rule, subject, count]).sort()).toEqual([
      ["nfs-server-silent", "filer", 3],
      ["pod-volumes-orphaned", "pods", 3],
    ]);
    watch.kernel(kernel("nfs: server filer OK"));
    expect((await watch.look(NOW + 11)).matches.find(({ subject }) => subject === "filer")?.isCleared).toBe(true);
  });

  /** As rsyslog writes it, in this process's zone. */
  const syslogStamp = (at: number) => {
    const [, month, day, , time] = new Date(at).toString().split(" ");
    return `${month} ${day?.replace(/^0/, " ")} ${time}`;
  };
  const HOUR = 3_600_000;
  const FULL = "host kernel: VFS: file-max limit 5 reached\n";

  it("lines of a backlog keep their time, and what is older than its rule remembers is not said again", async () => {
    const messages = join(folder, "messages");
    writeFileSync(messages, "");
    const first = start();
    await first.watch.look(NOW);
    first.memory.save();
    const later = NOW + HOUR;
    const minutesAgo = (minutes: number) => later - minutes * 60_000;
    for (const at of [NOW - 40 * 24 * HOUR, minutesAgo(20), minutesAgo(5)])
      appendFileSync(messages, `${syslogStamp(at)} ${FULL}`);
    utimesSync(messages, new Date(minutesAgo(5)), new Date(minutesAgo(5)));
    const { matches } = await start().watch.look(later);
    // The first claims a time before the agent was last at the end: it cannot be older than that.
    expect(matches.map(({ rule, recent }) => [rule, recent])).toEqual([
      ["open-files-exhausted", [minutesAgo(60), minutesAgo(20), minutesAgo(5)]],
    ]);
    expect((await start().watch.look(later + 8 * HOUR)).matches).toEqual([]);
  });

  it("a stamp in another zone does not make a fresh line old", async () => {
    const messages = join(folder, "messages");
    writeFileSync(messages, "");
    const { watch } = start();
    await watch.look(NOW);
    appendFileSync(messages, `${syslogStamp(NOW - 8 * HOUR)} ${FULL}`);
    const { matches } = await watch.look(NOW + 10_000);
    expect(matches.map(({ lastAt }) => lastAt)).toEqual([NOW]);
  });

  it("reads on within a look until it has caught up", async () => {
    writeFileSync(log, "");
    const { watch } = start();
    await watch.look(NOW);
    appendFileSync(log, `${"x".repeat(99)}\n`.repeat(8_000) + ORPHAN);
    expect((await watch.look(NOW)).matches.map(({ rule }) => rule)).toEqual(["pod-volumes-orphaned"]);
  });

  it("loses together what was not saved together: the lines are read again, not counted twice", async () => {
    writeFileSync(log, "");
    const first = start();
    await first.watch.look(NOW);
    first.memory.save();
    appendFileSync(log, ORPHAN);
    await first.watch.look(NOW); // ends without having saved
    const { watch } = start();
    expect((await watch.look(NOW)).matches.map(({ count }) => count)).toEqual([1]);
  });

  it("believes only the kernel in its log, and nobody else who writes like it", async () => {
    writeFileSync(log, "");
    const { watch } = start();
    watch.setKernel(true);
    await watch.look(NOW);
    watch.kernel({ ...kernel("VFS: file-max limit 5 reached"), facility: 1 });
    appendFileSync(log, "VFS: file-max limit 5 reached\nMar  1 08:09:10 host kernel: VFS: file-max limit 5 reached\n");
    expect((await watch.look(NOW)).matches).toEqual([]);
    watch.kernel(kernel("VFS: file-max limit 5 reached"));
    expect((await watch.look(NOW)).matches.map(({ rule }) => rule)).toEqual(["open-files-exhausted"]);
  });

  it("takes the kernel's lines from syslog where /dev/kmsg is closed to it", async () => {
    writeFileSync(join(folder, "messages"), "");
    const { watch } = start();
    await watch.look(NOW);
    appendFileSync(join(folder, "messages"), "Mar  1 08:09:10 host kernel: VFS: file-max limit 5 reached\n");
    expect((await watch.look(NOW)).matches.map(({ rule }) => rule)).toEqual(["open-files-exhausted"]);
  });

  it("sends no secret that a daemon logged", async () => {
    writeFileSync(log, "");
    const { watch } = start();
    await watch.look(NOW);
    appendFileSync(
      log,
      "OCI runtime create failed: exec /bin/x --token=s3cretvalue of https://me:s3cretvalue@registry.example/v2\n",
    );
    const fact = await watch.look(NOW);
    expect(fact.matches.map(({ rule }) => rule)).toEqual(["container-create-refused"]);
    expect(JSON.stringify(fact)).not.toContain("s3cretvalue");
  });

  it("gives what its schema allows, however many lines come", async () => {
    const { watch } = start();
    watch.setKernel(true);
    for (let turn = 0; turn < 1_000; turn++)
      watch.kernel(kernel(`nfs: server s${turn} not responding, ${"x".repeat(900)}`, NOW + turn));
    const { matches } = watch.fact(NOW + 1_000);
    expect(matches.length).toBe(100);
    expect(Math.max(...matches.flatMap(({ lines }) => lines.map(({ length }) => length)))).toBeLessThanOrEqual(500);
  });

  it("a damaged memory is an empty one", () => {
    writeFileSync(join(folder, "memory.json"), '{"logs":{"files":1}}');
    expect(start().memory.data.logs.state.matches).toEqual({});
  });
});
