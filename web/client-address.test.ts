// Whose word about addresses is believed.
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { clientAddress, parseRanges } from "./client-address.ts";

function from(peer: string, forwarded?: string): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: peer });
  const req = new IncomingMessage(socket);
  if (forwarded !== undefined) req.headers["x-forwarded-for"] = forwarded;
  return req;
}

const proxies = parseRanges("127.0.0.1, ::1, 10.0.0.0/8");

test.each([
  { name: "without a proxy: the peer", peer: "198.51.100.7", forwarded: undefined, want: "198.51.100.7" },
  { name: "a stranger's word counts nothing", peer: "198.51.100.7", forwarded: "127.0.0.1", want: "198.51.100.7" },
  { name: "a proxy's word does", peer: "127.0.0.1", forwarded: "198.51.100.7", want: "198.51.100.7" },
  {
    name: "what the client put in front does not",
    peer: "127.0.0.1",
    forwarded: "1.1.1.1, 198.51.100.7",
    want: "198.51.100.7",
  },
  { name: "a chain of proxies", peer: "::1", forwarded: "198.51.100.7, 10.1.2.3", want: "198.51.100.7" },
  { name: "mapped addresses are IPv4", peer: "::ffff:127.0.0.1", forwarded: "198.51.100.7", want: "198.51.100.7" },
  { name: "nonsense ends the chain", peer: "127.0.0.1", forwarded: "198.51.100.7, <script>", want: "127.0.0.1" },
  { name: "all of them trusted", peer: "127.0.0.1", forwarded: "10.0.0.1", want: "10.0.0.1" },
])("$name", ({ peer, forwarded, want }) => {
  expect(clientAddress(from(peer, forwarded), proxies)).toBe(want);
});

test("a range that cannot be read is named", () => {
  expect(() => parseRanges("10.0.0.0/8, proxy.example")).toThrow(/proxy\.example/);
  expect(parseRanges("")).toEqual([]);
});
