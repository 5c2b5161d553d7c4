// Real shells on this machine: what they print is kept until stored, and each ends for its own reason.
import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { AgentToGateway } from "../../protocol/messages.ts";
import { sleep } from "../host/wait.ts";
import { standingFences } from "./fence.ts";
import { ShellKeeper } from "./keeper.ts";

const nodeId = randomUUID();
type Piece = Extract<AgentToGateway, { type: "shell-output" | "shell-ended" }>;
let keeper: ShellKeeper | null = null;
afterEach(async () => {
  await keeper?.endAll("agent");
  keeper = null;
});

function keep(options: { isAllowed?: boolean; lostMs?: number } = {}) {
  const sent: Piece[] = [];
  const own = new ShellKeeper({
    nodeId,
    isAllowed: true,
    log: () => undefined,
    send: (message) => sent.push(message),
    ...options,
  });
  keeper = own;
  const text = () => sent.map((one) => (one.type === "shell-output" ? Buffer.from(one.data).toString() : "")).join("");
  const until = async (test: () => boolean): Promise<void> => {
    for (let tries = 0; !test(); tries++) {
      if (tries > 1_000) throw new Error(`waited in vain: ${JSON.stringify(text().slice(-500))}`);
      await sleep(10);
    }
  };
  const end = () => sent.find((one) => one.type === "shell-ended");
  return { own, sent, text, until, end };
}

const request = (change: { seconds?: number; maxBytes?: number } = {}) => ({
  shellId: randomUUID(),
  process: null,
  namespaces: [],
  seconds: 60,
  maxBytes: 1_048_576,
  ...change,
});
const keys = (shellId: string, seq: number, data: string, kind: "i" | "r" | "x" = "i") => ({
  type: "shell-input" as const,
  ...{ shellId, seq, kind, data: new Uint8Array(Buffer.from(data)) },
});

describe("shells of a node", () => {
  it("do not open unless its own configuration says so", async () => {
    await expect(keep({ isAllowed: false }).own.start(request())).rejects.toMatchObject({ code: "shells-off" });
    expect(await standingFences(nodeId)).toEqual([]);
  });

  it("take each piece of input once, and number what they print without a gap", async () => {
    const { own, sent, text, until, end } = keep();
    const params = request();
    await own.start(params);
    own.input(keys(params.shellId, 1, "echo x$((6*7))y\n"));
    own.input(keys(params.shellId, 1, "echo twice$((1))\n"));
    await until(() => text().includes("x42y"));
    own.input(keys(params.shellId, 2, "exit 3\n"));
    await until(() => end() !== undefined);
    expect(end()).toMatchObject({ reason: "exit", exitCode: 3, left: 0 });
    expect(text()).not.toContain("twice1");
    expect(sent.map(({ seq }) => seq)).toEqual(sent.map((_, i) => i + 1));
    own.acknowledge({ shellId: params.shellId, seq: sent.length });
    own.connection(false);
    own.connection(true);
    expect(sent.filter(({ type }) => type === "shell-ended")).toHaveLength(1);
  });

  it("end at their deadline with everything begun in them", async () => {
    const { own, until, end } = keep();
    const params = request({ seconds: 1 });
    await own.start(params);
    own.input(keys(params.shellId, 1, "setsid sleep 983 &\n"));
    await until(() => end() !== undefined);
    expect(end()).toMatchObject({ reason: "deadline", left: 0 });
    expect(await standingFences(nodeId)).toEqual([]);
    expect(own.open).toBe(0);
  });

  it("end when they have printed enough, and when nobody can see them", async () => {
    const first = keep();
    const params = request({ maxBytes: 65_536 });
    await first.own.start(params);
    first.own.input(keys(params.shellId, 1, "yes\n"));
    await first.until(() => first.end() !== undefined);
    expect(first.end()).toMatchObject({ reason: "limit" });
    expect(first.text()).toHaveLength(65_536);

    const second = keep({ lostMs: 100 });
    await second.own.start(request());
    second.own.connection(false);
    await second.until(() => second.own.open === 0);
    expect(second.end()).toBeUndefined();
    await sleep(100);
    second.own.connection(true);
    await second.until(() => second.end() !== undefined);
    expect(second.end()).toMatchObject({ reason: "lost" });
  });

  it("send what is not known to be stored once more", async () => {
    const { own, sent, until, text } = keep();
    const params = request();
    await own.start(params);
    own.input(keys(params.shellId, 1, "echo z$((5*5))z\n"));
    await until(() => text().includes("z25z"));
    const before = sent.map(({ seq }) => seq);
    own.connection(false);
    sent.length = 0;
    own.acknowledge({ shellId: params.shellId, seq: 1 });
    own.connection(true);
    expect(sent.map(({ seq }) => seq)).toEqual(expect.arrayContaining(before.filter((seq) => seq > 1)));
    expect(sent.some(({ seq }) => seq === 1)).toBe(false);
  });
});
