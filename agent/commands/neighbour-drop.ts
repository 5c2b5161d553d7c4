// Command neighbour.drop: drops one neighbour (ARP, NDP) entry, so that the kernel asks for it anew. What somebody or a network daemon has set for good
// (PERMANENT, NOARP) stays, for nobody would ask for it again: unless it names another MAC than the pod's own interface has.
import { Failure, Refusal } from "../host/errors.ts";
import { run } from "../host/run.ts";
import { type CommandContext, defineCommand } from "./define.ts";

export type Neighbour = { mac: string | null; states: string[] };

/** The entry that `ip -j neighbour show to ADDRESS dev DEVICE` prints; null when there is none. */
export function parseNeighbour(text: string): Neighbour | null {
  try {
    const [row] = JSON.parse(text.trim() || "[]") as { lladdr?: string; state?: string[] }[];
    return row ? { mac: row.lladdr ?? null, states: row.state ?? [] } : null;
  } catch {
    return null;
  }
}

async function look(device: string, address: string): Promise<Neighbour | null> {
  const argv = ["ip", "-j", "neighbour", "show", "nud", "all", "to", address, "dev", device];
  const result = await run(argv, { timeoutMs: 5_000 });
  if (result.code !== 0) throw new Refusal("target-gone", result.stderr.trim() || `there is no interface ${device}`);
  return parseNeighbour(result.stdout);
}

/** Whether this very entry names another MAC than the address's own interface: looked at from inside the pod (fact "podNetwork"). */
function isDisproved(ctx: CommandContext, device: string, address: string, { mac }: Neighbour): boolean {
  const seen = ctx.latest("podNetwork")?.neighbours.find((n) => n.device === device && n.address === address);
  const real = seen?.of === "pod" ? (seen.realMac?.toLowerCase() ?? null) : null;
  return mac !== null && real !== null && seen?.mac?.toLowerCase() === mac.toLowerCase() && real !== mac.toLowerCase();
}

export const neighbourDrop = defineCommand({
  type: "neighbour.drop",
  affects: ["network", "podNetwork"],
  timeoutMs: 15_000,
  async run({ device, address }, ctx) {
    const before = await look(device, address);
    if (!before) throw new Refusal("target-gone", `${device} has no entry for ${address}`);
    const fixed = before.states.find((state) => state === "PERMANENT" || state === "NOARP");
    if (fixed && !isDisproved(ctx, device, address, before))
      throw new Refusal("permanent", `the entry of ${address} on ${device} is ${fixed}: somebody has set it`);
    const result = await run(["ip", "neighbour", "del", address, "dev", device], { timeoutMs: 5_000 });
    const after = await look(device, address);
    // The kernel may have asked anew already: then the entry is another one.
    if (result.code !== 0 && after?.mac === before.mac && before.mac !== null)
      throw new Failure("not-dropped", result.stderr.trim() || "the entry is still there", false);
    return {
      message: `the entry of ${address} on ${device} (${before.mac ?? before.states.join(" ")}) was dropped`,
      changed: true,
      output: { before, after },
    };
  },
});
