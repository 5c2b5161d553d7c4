// Command cni.release: gives addresses back that host-local keeps for containers which no runtime lists. A lease is a file named like the address; it is
// read and removed under the plugin's own lock, and only while it still names the container of the plan.
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cniFolders } from "../collectors/cni.ts";
import { Failure, Refusal } from "../host/errors.ts";
import { readPlain } from "../host/file.ts";
import { hasPerl, perl } from "../host/perl.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { processesOfContainer } from "./prove.ts";
import { isRuntimeId, listedNow, mayTouch, realPath } from "./prove-container.ts";

/** An address is taken before the runtime lists whom it is for: this old it is none of those, s. */
const NEW_S = 60;

/** Where host-local keeps its leases unless its configuration says otherwise (plugins/ipam/host-local/backend/disk). */
export const LEASES = "/var/lib/cni/networks";

/** `ipam.dataDir` of a network by its name in the CNI folder; the usual place where nothing says otherwise. */
export function leaseFolder(confDir: string, network: string, usual = LEASES): string {
  for (const name of listOf(confDir)
    .filter((n) => /\.(conf|conflist|json)$/.test(n))
    .sort()) {
    try {
      const conf = JSON.parse(readPlain(join(confDir, name), { maxBytes: 1_048_576, follow: true }).toString("utf8"));
      if (conf?.name !== network) continue;
      for (const plugin of Array.isArray(conf.plugins) ? conf.plugins : [conf]) {
        const folder: unknown = plugin?.ipam?.dataDir;
        if (plugin?.ipam?.type === "host-local" && typeof folder === "string" && folder.startsWith("/"))
          return join(folder, network);
      }
    } catch {
      // a broken file names no folder
    }
  }
  return join(usual, network);
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/*
 * Arguments: the lock file, the age in seconds below which a lease stays, then pairs of a lease file and the container's id. Each line of the answer is an address and what became of it. The lock is
 * that of host-local (flock on "lock" in the folder); the file is opened without following a link, and what was opened is what is removed.
 */
const script = String.raw`
use strict; use warnings; use Fcntl qw(:flock :DEFAULT);
my ($lock, $new, @pairs) = @ARGV;
sysopen(my $l, $lock, O_RDWR | O_CREAT | O_NOFOLLOW, 0600) or die "lock: $!\n";
my $got = 0; for (1 .. 50) { if (flock($l, LOCK_EX | LOCK_NB)) { $got = 1; last } select(undef, undef, undef, 0.1); }
$got or die "lock: held by another\n";
while (my ($file, $id) = splice @pairs, 0, 2) {
  my ($name) = $file =~ m{([^/]+)$};
  unless (sysopen(my $f, $file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)) { print "$name gone\n"; next }
  else {
    my @s = stat $f; my $text = ""; (-f _) or do { print "$name not-plain\n"; next };
    sysread $f, $text, 4096; my ($first) = split /\r?\n/, $text;
    if (($first // "") ne $id) { print "$name changed\n"; next }
    if (time - $s[9] < $new) { print "$name is new\n"; next }
    my @now = lstat $file; if (!@now || $now[1] != $s[1]) { print "$name changed\n"; next }
    print unlink($file) ? "$name released\n" : "$name failed: $!\n";
  }
}`;

type Lease = { address: string; containerId: string };

export async function release(folder: string, leases: readonly Lease[]): Promise<Map<string, string>> {
  const args = leases.flatMap(({ address, containerId }) => [join(folder, address), containerId]);
  const result = await perl(script, [join(folder, "lock"), String(NEW_S), ...args], { timeoutMs: 20_000 });
  const outcomes = result.stdout.split("\n").flatMap((line): [string, string][] => {
    const at = line.indexOf(" ");
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
  });
  if (result.code !== 0 && outcomes.length === 0)
    throw new Failure("not-released", result.stderr.trim() || "it took too long", false);
  return new Map(outcomes);
}

/** The network's folder, really where it is said to be. */
function provenFolder(ctx: CommandContext, network: string): string {
  const folder = leaseFolder(cniFolders(ctx).confDir, network);
  const real = realPath(folder);
  mayTouch(ctx, real);
  const stat = lstatSync(real);
  if (!stat.isDirectory() || stat.uid !== 0 || (stat.mode & 0o022) !== 0)
    throw new Refusal("not-its-folder", `${real} is not a folder of root's alone`);
  return real;
}

export const cniRelease = defineCommand({
  type: "cni.release",
  affects: ["cni", "podNetwork"],
  timeoutMs: 60_000,
  async run({ network, leases }, ctx) {
    const folder = provenFolder(ctx, network);
    if (!(await hasPerl()))
      throw new Refusal("no-tool", "perl is needed to hold the plugin's lock and is not on this node");
    const skipped: { address: string; reason: string }[] = [];
    const skip = (lease: Lease, reason: string) => skipped.push({ address: lease.address, reason });
    const listed = await listedNow(ctx);
    const wanted = leases.filter((lease) => {
      if (!isRuntimeId(lease.containerId)) skip(lease, "was not given by a runtime that is known here");
      else if (listed.has(lease.containerId)) skip(lease, "its container is listed");
      else if (processesOfContainer(lease.containerId).length > 0) skip(lease, "processes of its container live");
      else return true;
      return false;
    });
    const outcomes = wanted.length > 0 ? await release(folder, wanted) : new Map<string, string>();
    const released: string[] = [];
    for (const lease of wanted) {
      const outcome = outcomes.get(lease.address) ?? "not reached";
      if (outcome === "released") released.push(lease.address);
      else skip(lease, outcome);
    }
    if (released.length === 0)
      throw new Refusal(
        "nothing-to-release",
        `no address could be given back: ${skipped
          .slice(0, 20)
          .map((s) => `${s.address} ${s.reason}`)
          .join("; ")}`,
      );
    return {
      message: `${released.length} addresses of ${network} given back${skipped.length ? `, ${skipped.length} left` : ""}`,
      changed: true,
      output: { network, released, skipped },
    };
  },
});
