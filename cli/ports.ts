// TCP ports: is one free, the next free one, and who holds a taken one (so that a refusal can name the process).
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { basename } from "node:path";

/** Whether `port` can be bound on `host` now. */
export function isPortFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port the kernel says is free right now; another process may still take it first. */
export function ephemeralPort(host = "127.0.0.1"): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, host, exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** First free port of `first`, `first + 1`, … @throws Error when fifty in a row are taken */
export async function nextFreePort(first: number, host: string): Promise<number> {
  for (let port = first; port < first + 50 && port < 65_536; port++) if (await isPortFree(port, host)) return port;
  throw new Error(`no free port between ${first} and ${first + 49}`);
}

// A listening socket's inode from /proc/net/tcp{,6} (state 0A), then the process that has it open.
function listeningInodes(port: number): Set<string> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  const inodes = new Set<string>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readText(file).split("\n")) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === "0A" && inode && local?.endsWith(`:${hexPort}`)) inodes.add(`socket:[${inode}]`);
    }
  }
  return inodes;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // gone, or not ours to read
  }
}

// "nginx -g daemon off": the name the process goes by would be a thread's name for Node.js.
function commandOf(pid: string): string {
  const [program = "", ...args] = readText(`/proc/${pid}/cmdline`).split("\0");
  const text = [basename(program), ...args].join(" ").trim() || readText(`/proc/${pid}/comm`).trim();
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** "node server.js (pid 4711)" for the process listening on `port`; undefined when it belongs to another user or namespace. */
export function portHolder(port: number): string | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const holds = readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`)));
      if (holds) return `${commandOf(pid)} (pid ${pid})`;
    } catch {
      // ended meanwhile, or another user's process
    }
  }
  return undefined;
}
