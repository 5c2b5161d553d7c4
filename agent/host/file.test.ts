// Files that somebody else may have put there: never waited for, never followed, never read without end.
import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readPlain } from "./file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nodeops-file-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("readPlain", () => {
  it("reads beginning or end, no more than told", () => {
    const path = join(folder, "a");
    writeFileSync(path, "0123456789");
    expect(readPlain(path, { maxBytes: 4 }).toString()).toBe("0123");
    expect(readPlain(path, { maxBytes: 4, from: "end" }).toString()).toBe("6789");
    expect(readPlain(path, { maxBytes: 100 }).toString()).toBe("0123456789");
  });

  it("refuses pipes, links, folders and other people's files", () => {
    const at = (name: string) => join(folder, name);
    execFileSync("mkfifo", [at("pipe")]);
    writeFileSync(at("file"), "x");
    symlinkSync(at("file"), at("link"));
    mkdirSync(at("folder"));
    expect(() => readPlain(at("pipe"), { maxBytes: 9 })).toThrow("not a plain file");
    expect(() => readPlain(at("folder"), { maxBytes: 9 })).toThrow("not a plain file");
    expect(() => readPlain(at("link"), { maxBytes: 9 })).toThrow("ELOOP");
    expect(readPlain(at("link"), { maxBytes: 9, follow: true }).toString()).toBe("x");
    if (process.getuid?.() !== 0) return; // only root can give files away
    chownSync(at("file"), 12_345, 12_345);
    expect(() => readPlain(at("file"), { maxBytes: 9, uid: 0 })).toThrow("belongs to");
  });
});
