// The image builder: a tar that tar(1) can read and an OCI layout whose digests agree with its blobs.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { busyboxRoot, imageArchive, tar } from "./image.ts";

const read = (archive: Buffer, ...args: string[]): Buffer => spawnSync("tar", [...args], { input: archive }).stdout;

describe("image archive", () => {
  it("is the same for the same content and readable by tar", () => {
    const entries = busyboxRoot(Buffer.from("program"), ["busybox", "sh"]);
    expect(tar(entries).equals(tar(entries))).toBe(true);
    const listing = read(tar(entries), "-tvf", "-").toString();
    expect(listing).toMatch(/^lrwxrwxrwx.* bin\/sh -> busybox$/m);
    expect(listing).toMatch(/^-rwxr-xr-x .* 7 .* bin\/busybox$/m);
  });

  it("refuses names that do not fit rather than cutting them", () => {
    expect(() => tar([{ name: "x".repeat(101), type: "folder" }])).toThrow(/over 100 bytes/);
  });

  it("has an index whose digests are those of the blobs", () => {
    const archive = imageArchive("localhost/some/thing:7", [{ name: "hello", type: "file", data: Buffer.from("hi") }]);
    const index = JSON.parse(read(archive, "-xOf", "-", "index.json").toString());
    const [{ digest, annotations }] = index.manifests;
    expect(annotations["io.containerd.image.name"]).toBe("localhost/some/thing:7");
    const manifest = read(archive, "-xOf", "-", `blobs/sha256/${digest.slice(7)}`);
    expect(`sha256:${createHash("sha256").update(manifest).digest("hex")}`).toBe(digest);
    const { config, layers } = JSON.parse(manifest.toString());
    for (const part of [config, ...layers]) {
      const blob = read(archive, "-xOf", "-", `blobs/sha256/${part.digest.slice(7)}`);
      expect([blob.length, createHash("sha256").update(blob).digest("hex")]).toEqual([part.size, part.digest.slice(7)]);
    }
  });
});
