// From which address a request came. A proxy that is trusted says it; anybody else's word is ignored, or limits per address would mean nothing.
import type { IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";

export type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** @param text comma-separated addresses or CIDR ranges. @throws Error that names the one it cannot read */
export function parseRanges(text: string): Range[] {
  const parts = text.split(",").map((part) => part.trim());
  return parts
    .filter((part) => part !== "")
    .map((part) => {
      if (ipaddr.isValid(part)) {
        const address = ipaddr.parse(part);
        return [address, address.kind() === "ipv4" ? 32 : 128];
      }
      if (ipaddr.isValidCIDR(part)) return ipaddr.parseCIDR(part);
      throw new Error(`TRUSTED_PROXIES: ${part} is no address and no range`);
    });
}

/** Whether an address lies in one of the ranges; false for what is no address. */
export const isIn = (address: string, ranges: readonly Range[]): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return ranges.some(([base, bits]) => parsed.kind() === base.kind() && parsed.match(base, bits));
};

/** The nearest address that is no trusted proxy: `X-Forwarded-For` is read from its end for as long as who wrote it is trusted. */
export function clientAddress(req: IncomingMessage, trusted: readonly Range[]): string {
  const peer = req.socket.remoteAddress ?? "";
  if (!ipaddr.isValid(peer)) return "unknown"; // the socket is gone already
  const header = req.headers["x-forwarded-for"];
  const hops = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",").map((hop) => hop.trim());
  let address = peer;
  while (isIn(address, trusted)) {
    const next = hops.pop();
    if (next === undefined || !ipaddr.isValid(next)) break;
    address = next;
  }
  return ipaddr.process(address).toString();
}
