// What an engine's own network (CNM) leaves behind when the engine goes: bridges, packet filter chains, databases. Used by "podNetwork".
import { existsSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";

type PodNetwork = FactData["podNetwork"];

/** Engines that build networks themselves, and what is theirs. */
const engines = [
  {
    engine: "docker",
    programs: ["dockerd", "docker-proxy"],
    binaries: ["dockerd"],
    bridge: /^(docker0|docker_gwbridge|br-[0-9a-f]{12})$/,
    chains: "docker",
    files: ["/var/lib/docker/network/files/local-kv.db"],
  },
  {
    engine: "pouch",
    programs: ["pouchd"],
    binaries: ["pouchd"],
    bridge: /^(p0|pouch0)$/,
    chains: "pouch",
    files: ["/var/lib/pouch/network/files/local-kv.db", "/var/lib/pouch/network/boltdb"],
  },
] as const;

const folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/bin", "/opt/bin", "/snap/bin"];

/** Is the program installed in one of the usual places? */
const isInstalled = (name: string): boolean => folders.some((folder) => existsSync(`${folder}/${name}`));

/**
 * Pieces of engines that neither run nor are installed here: one that is only stopped comes back and wants its network.
 * @param owners programs whose chains are in the packet filter
 */
export function leftoversOf(
  running: ReadonlySet<string>,
  bridges: readonly { name: string; ports: readonly string[] }[],
  owners: readonly string[],
  has = { file: existsSync, program: isInstalled },
): PodNetwork["leftovers"] {
  return engines.flatMap(({ engine, programs, binaries, bridge, chains, files }) => {
    if (programs.some((name) => running.has(name)) || binaries.some((name) => has.program(name))) return [];
    return [
      ...bridges
        .filter(({ name }) => bridge.test(name))
        .map(({ name, ports }) => ({ engine, kind: "bridge" as const, name, isUsed: ports.length > 0 })),
      ...(owners.includes(chains)
        ? [{ engine, kind: "chain" as const, name: chains.toUpperCase(), isUsed: false }]
        : []),
      ...files.filter((file) => has.file(file)).map((name) => ({ engine, kind: "file" as const, name, isUsed: false })),
    ];
  });
}
