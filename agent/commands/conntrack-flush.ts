// Command conntrack.flush: drops connection tracking entries that never saw an answer or are closed. Live connections stay.
import { Failure, Refusal } from "../host/errors.ts";
import { readNumber } from "../host/file.ts";
import { hasPerl, perl } from "../host/perl.ts";
import { defineCommand } from "./define.ts";

const COUNT = "/proc/sys/net/netfilter/nf_conntrack_count";

/*
 * conntrack(8) cannot select "no answer seen" (its UNSET matches everything), so this speaks ctnetlink itself: one dump, and a delete by original
 * tuple and id for each entry that qualifies. Numbers from linux/netfilter/nfnetlink_conntrack.h and nf_conntrack_{common,tcp}.h:
 * CTA_TUPLE_ORIG 1, CTA_STATUS 3 (IPS_SEEN_REPLY 2), CTA_PROTOINFO 4 / TCP 1 / STATE 1, CTA_ID 12, CTA_ZONE 18.
 * unreplied: no answer seen, and of TCP only SYN_SENT (1); closed: TCP in LAST_ACK (6), TIME_WAIT (7) or CLOSE (8).
 */
const script = String.raw`
use strict; use warnings;
my %want = map { $_ => 1 } @ARGV;
sub attrs { my ($b) = @_; my %a; my $o = 0;
  while ($o + 4 <= length $b) { my ($l, $t) = unpack "SS", substr $b, $o, 4; last if $l < 4; $a{$t & 0x3fff} = substr $b, $o + 4, $l - 4; $o += ($l + 3) & ~3; }
  return %a; }
sub attr { my ($t, $v) = @_; return pack("SS", 4 + length $v, $t) . $v . ("\0" x (-length($v) % 4)); }
sub open_nl { socket(my $s, 16, 3, 12) or die "netlink: $!\n"; bind($s, pack "SSLL", 16, 0, 0, 0) or die "bind: $!\n"; setsockopt($s, 1, 33, pack "L", 8 << 20); return $s; }
my ($dump, $del) = (open_nl(), open_nl());
my ($dropped, $seen, $failed) = (0, 0, 0);
send($dump, pack("LSSLLCCn", 20, 0x101, 0x301, 1, 0, 0, 0, 0), 0) or die "dump: $!\n";
READ: while (1) {
  defined(recv($dump, my $buf, 1 << 18, 0)) or die "recv: $!\n";
  my $o = 0;
  while ($o + 16 <= length $buf) {
    my ($len, $type) = unpack "LS", substr $buf, $o, 6; last if $len < 16;
    my $msg = substr $buf, $o, $len; $o += ($len + 3) & ~3;
    last READ if $type == 3;
    if ($type == 2) { my $e = unpack "l", substr $msg, 16, 4; die "kernel says " . (-$e) . "\n" if $e; next; }
    next if ($type >> 8) != 1; $seen++;
    my $family = unpack "C", substr $msg, 16, 1;
    my %a = attrs(substr $msg, 20);
    my $status = unpack "N", $a{3} // "\0\0\0\0";
    my $tcp = 0;
    if (defined $a{4}) { my %p = attrs($a{4}); if (defined $p{1}) { my %t = attrs($p{1}); $tcp = unpack("C", $t{1} // "\0"); } }
    my $unreplied = !($status & 2) && ($tcp == 0 || $tcp == 1);
    my $closed = $tcp == 6 || $tcp == 7 || $tcp == 8;
    next unless ($want{unreplied} && $unreplied) || ($want{closed} && $closed);
    next unless defined $a{1} && defined $a{12};
    my $body = pack("CCn", $family, 0, 0) . attr(0x8000 | 1, $a{1}) . attr(12, $a{12}) . (defined $a{18} ? attr(18, $a{18}) : "");
    send($del, pack("LSSLL", 16 + length $body, 0x102, 5, $seen, 0) . $body, 0) or die "delete: $!\n";
    defined(recv($del, my $ack, 4096, 0)) or die "ack: $!\n";
    my $e = unpack "l", substr $ack, 16, 4; $e ? $failed++ : $dropped++;
  }
}
print "$seen $dropped $failed\n";
`;

export const conntrackFlush = defineCommand({
  type: "conntrack.flush",
  affects: ["conntrack"],
  timeoutMs: 150_000,
  async run({ which }) {
    const before = readNumber(COUNT);
    if (before === null) throw new Refusal("not-in-use", "connection tracking is not in use on this node");
    if (!(await hasPerl())) throw new Refusal("no-tool", "perl is needed to select entries and is not on this node");
    const result = await perl(script, which, { timeoutMs: 120_000 });
    const after = readNumber(COUNT) ?? 0;
    const [, dropped = 0, failed = 0] = result.stdout.trim().split(" ").map(Number);
    if (result.code !== 0) throw new Failure("not-flushed", result.stderr.trim() || "it took too long", after < before);
    return {
      message: `${dropped} entries dropped, ${after} of ${before} remain`,
      changed: dropped > 0,
      output: { before, after, dropped, ...(failed > 0 ? { goneMeanwhile: failed } : {}) },
    };
  },
});
