// Do the name servers of a container answer from where it stands? Each is asked once over UDP from inside its network, by this agent's own Node as a child with an end.
import type { DebugReport } from "../../protocol/debug.ts";
import { parseResolvConf } from "../collectors/dns.ts";
import { linkOf } from "../host/proc.ts";
import { run } from "../host/run.ts";
import { insideNetwork } from "./network.ts";

type Dns = NonNullable<DebugReport["dns"]["value"]>;

const WAIT_MS = 2_000;
/** What a child may take besides: to start. */
const START_MS = 1_500;
const SERVERS_MAX = 3;

/**
 * Asks for the servers of the root: any answer, also a refusal, says that the server is there. `node -e`, so plain CommonJS: argv = servers.
 * One line each: server, milliseconds, error or "ok".
 */
const ASK = `
const dgram = require("node:dgram");
const query = Buffer.from("4e4f010000010000000000000000020001", "hex");
for (const server of process.argv.slice(1)) {
  const socket = dgram.createSocket(server.includes(":") ? "udp6" : "udp4");
  const began = performance.now();
  let timer;
  const end = (word) => {
    clearTimeout(timer);
    console.log([server, Math.round(performance.now() - began), word].join("\\t"));
    socket.close();
  };
  timer = setTimeout(() => end("no answer within ${WAIT_MS} ms"), ${WAIT_MS});
  socket.on("error", (err) => end(err.code || err.message));
  socket.on("message", () => end("ok"));
  socket.connect(53, server, (err) => (err ? end(err.code || err.message) : socket.send(query)));
}`;

/** Lines of the child → answers; a server without a line was not asked in time. */
export const answersOf = (servers: readonly string[], stdout: string, why: string): Dns["lookups"] =>
  servers.map((server) => {
    const line = stdout.split("\n").find((one) => one.startsWith(`${server}\t`));
    const [, ms, word] = line?.split("\t") ?? [];
    if (word === undefined) return { server, isAnswered: false, ms: WAIT_MS, error: why.slice(0, 300) || "not asked" };
    return { server, isAnswered: word === "ok", ms: Number(ms), error: word === "ok" ? null : word };
  });

/**
 * @param pid whose network and resolv.conf
 * @param prefix /proc/PID/root, or "" for the node
 * @throws when its resolv.conf cannot be read
 */
export async function readDns(pid: number, prefix: string): Promise<Dns> {
  const conf = await run(["cat", "--", `${prefix}/etc/resolv.conf`], { timeoutMs: 1_500, maxBytes: 65_536 });
  if (conf.timedOut) throw new Error("its /etc/resolv.conf does not come");
  if (conf.code !== 0) throw new Error(conf.stderr.trim().split(": ").at(-1) ?? "no /etc/resolv.conf");
  const { servers, search } = parseResolvConf(conf.stdout);
  const asked = servers.slice(0, SERVERS_MAX);
  if (asked.length === 0) return { servers, search, lookups: [] };
  const argv = [process.execPath, "-e", ASK, ...asked];
  const isOwn = linkOf(pid, "ns/net") !== linkOf(process.pid, "ns/net");
  const result = await run(isOwn ? insideNetwork(pid, argv) : argv, { timeoutMs: WAIT_MS + START_MS });
  return {
    servers,
    search,
    lookups: answersOf(asked, result.stdout, result.timedOut ? "no time left" : result.stderr),
  };
}
