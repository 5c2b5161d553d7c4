// Builds the lab's container images without a registry: one layer around busybox, as an OCI layout tar for `ctr images import`.
import { createHash } from "node:crypto";

/** One entry of a layer. */
export interface TarEntry {
  name: string;
  type: "file" | "folder" | "symlink";
  data?: Buffer;
  mode?: number;
  target?: string;
}

const typeFlags = { file: "0", folder: "5", symlink: "2" } as const;

function header(entry: TarEntry): Buffer {
  if (Buffer.byteLength(entry.name) > 100) throw new Error(`tar name over 100 bytes: ${entry.name}`);
  const block = Buffer.alloc(512);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width, "0")}\0`;
  block.write(entry.name, 0, 100);
  block.write(octal(entry.mode ?? 0o755, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(entry.data?.length ?? 0, 11), 124);
  block.write(octal(0, 11), 136);
  block.write("        ", 148);
  block.write(typeFlags[entry.type], 156);
  block.write(entry.target ?? "", 157, 100);
  block.write("ustar\x0000", 257, "latin1");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** A ustar archive; the same entries give the same bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    parts.push(header(entry));
    if (!entry.data) continue;
    parts.push(entry.data, Buffer.alloc((512 - (entry.data.length % 512)) % 512));
  }
  parts.push(Buffer.alloc(1024));
  return Buffer.concat(parts);
}

/** The entries of a root file system with busybox and all its applets. */
export function busyboxRoot(busybox: Buffer, applets: readonly string[]): TarEntry[] {
  const folders = ["bin/", "dev/", "etc/", "proc/", "sys/", "tmp/", "root/", "var/", "var/log/"];
  return [
    ...folders.map((name): TarEntry => ({ name, type: "folder", mode: name === "tmp/" ? 0o1777 : 0o755 })),
    { name: "bin/busybox", type: "file", data: busybox },
    ...applets
      .filter((applet) => applet !== "busybox")
      .map((applet): TarEntry => ({ name: `bin/${applet}`, type: "symlink", target: "busybox", mode: 0o777 })),
    { name: "etc/passwd", type: "file", mode: 0o644, data: Buffer.from("root:x:0:0:root:/root:/bin/sh\n") },
    { name: "etc/group", type: "file", mode: 0o644, data: Buffer.from("root:x:0:\n") },
  ];
}

const sha = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const oci = "application/vnd.oci.image";

/** Media type of an image's manifest. */
export const manifestType = `${oci}.manifest.v1+json`;

/** The three blobs of an image with one layer; the manifest names the other two by their digests. */
export interface ImageParts {
  config: Buffer;
  layer: Buffer;
  manifest: Buffer;
}

/** An image with one layer, as a registry keeps it. */
export function imageParts(layerEntries: readonly TarEntry[]): ImageParts {
  const layer = tar(layerEntries);
  const config = json({
    created: "1970-01-01T00:00:00Z",
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: { Env: ["PATH=/bin"], Cmd: ["/bin/sh", "-c", "while :; do sleep 3600; done"], WorkingDir: "/" },
    rootfs: { type: "layers", diff_ids: [`sha256:${sha(layer)}`] },
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "nodeops lab" }],
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: `${oci}.config.v1+json`, digest: `sha256:${sha(config)}`, size: config.length },
    layers: [{ mediaType: `${oci}.layer.v1.tar`, digest: `sha256:${sha(layer)}`, size: layer.length }],
  });
  return { config, layer, manifest };
}

/** An image named `reference` with one layer, as a tar of an OCI layout. */
export function imageArchive(reference: string, layerEntries: readonly TarEntry[]): Buffer {
  const { config, layer, manifest } = imageParts(layerEntries);
  const index = json({
    schemaVersion: 2,
    manifests: [
      {
        mediaType: manifestType,
        digest: `sha256:${sha(manifest)}`,
        size: manifest.length,
        annotations: {
          "io.containerd.image.name": reference,
          "org.opencontainers.image.ref.name": reference.split(":").pop(),
        },
      },
    ],
  });
  const file = (name: string, data: Buffer): TarEntry => ({ name, type: "file", mode: 0o644, data });
  return tar([
    file("oci-layout", json({ imageLayoutVersion: "1.0.0" })),
    { name: "blobs/", type: "folder" },
    { name: "blobs/sha256/", type: "folder" },
    file(`blobs/sha256/${sha(config)}`, config),
    file(`blobs/sha256/${sha(layer)}`, layer),
    file(`blobs/sha256/${sha(manifest)}`, manifest),
    file("index.json", index),
  ]);
}
