import { expect, it } from "vitest";
import { growth, parseFrames, parseSockets } from "./traffic.ts";

const SS = `0      0      127.0.0.1:7443 127.0.0.1:54746 bbr wscale:10,10 rto:212 bytes_sent:6367 bytes_acked:6367 bytes_received:47090 segs_out:133
0      0      [::ffff:10.1.2.1]:7443 [::ffff:10.1.2.10]:40000 cubic rto:204 segs_out:1
`;

it("reads the bytes of each connection", () => {
  expect([...parseSockets(SS)]).toEqual([
    ["127.0.0.1:54746", 47_090],
    ["[::ffff:10.1.2.10]:40000", 0],
  ]);
  expect(parseSockets("").size).toBe(0);
});

it("counts only connections that stood all the time", () => {
  const before = new Map([
    ["a:1", 100],
    ["b:1", 5],
  ]);
  expect(
    growth(
      before,
      new Map([
        ["a:1", 160],
        ["c:1", 9],
      ]),
    ),
  ).toEqual([60]);
});

it("takes frames, and nothing else, from the gateway's metrics", () => {
  const text = `# TYPE nodeops_requests_total counter
nodeops_requests_total{kind="verb",interface="agents.enrol",process="gateway"} 1
nodeops_requests_total{kind="frame",interface="facts",process="gateway"} 37
nodeops_requests_total{kind="frame",interface="heartbeat",process="gateway"} 21
`;
  expect([...parseFrames(text)]).toEqual([
    ["facts", 37],
    ["heartbeat", 21],
  ]);
});
