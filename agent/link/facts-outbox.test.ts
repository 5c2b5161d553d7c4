// The outbox: sends what differs, once, in bounded batches, and again when nobody confirmed it.
import { describe, expect, it } from "vitest";
import { FRAME_BYTES_MAX } from "../../protocol/constants.ts";
import { FactsOutbox, factHash } from "./facts-outbox.ts";

const limits = (openFiles: number) => ({ openFiles });

describe("facts outbox", () => {
  it("sends a new fact once", () => {
    const box = new FactsOutbox();
    expect(box.set("limits", limits(1), null, 5)).toBe(true);
    const first = box.next();
    expect(first?.items).toEqual([
      { kind: "limits", hash: factHash(limits(1), null), at: 5, data: limits(1), error: null },
    ]);
    expect(box.next()).toBeNull();
    expect(box.acknowledge(first?.batch ?? 0)).toBe(true);
    expect(box.next()).toBeNull();
  });

  it("sends nothing for the same content", () => {
    const box = new FactsOutbox();
    box.set("limits", limits(1), null, 5);
    box.acknowledge(box.next()?.batch ?? 0);
    expect(box.set("limits", limits(1), null, 6)).toBe(false);
    expect(box.next()).toBeNull();
  });

  it("sends after a reconnect only what the gateway lacks", () => {
    const box = new FactsOutbox();
    box.set("limits", limits(1), null, 5);
    box.set("sysctls", { "a.b": "1" }, null, 5);
    box.reset({ limits: factHash(limits(1), null) });
    expect(box.next()?.items.map((i) => i.kind)).toEqual(["sysctls"]);
  });

  it("sends a change that came while the batch was on its way", () => {
    const box = new FactsOutbox();
    box.set("limits", limits(1), null, 5);
    const first = box.next();
    box.set("limits", limits(2), null, 6);
    box.acknowledge(first?.batch ?? 0);
    expect(box.next()?.items[0]?.data).toEqual(limits(2));
  });

  it("sends again what nobody confirmed, and ignores a late confirmation of the old batch", () => {
    const box = new FactsOutbox();
    box.set("limits", limits(1), null, 5);
    const first = box.next();
    box.retry();
    const second = box.next();
    expect(second?.items).toEqual(first?.items);
    expect(box.acknowledge(first?.batch ?? 0)).toBe(false);
    expect(box.acknowledge(second?.batch ?? 0)).toBe(true);
  });

  it("tells a failure and its reason apart", () => {
    const box = new FactsOutbox();
    box.set("limits", null, "timeout", 5);
    expect(box.set("limits", null, "other", 6)).toBe(true);
    expect(box.next()?.items[0]).toMatchObject({ data: null, error: "other" });
  });

  it("splits large facts over batches and replaces one that fits no frame", () => {
    const box = new FactsOutbox();
    const big = { text: "x".repeat(FRAME_BYTES_MAX / 4) };
    box.set("sysctls", big, null, 1);
    box.set("limits", big, null, 1);
    expect(box.next()?.items).toHaveLength(1);
    box.set("cni", { text: "x".repeat(FRAME_BYTES_MAX) }, null, 1);
    expect(box.get("cni")).toMatchObject({ data: null, error: expect.stringContaining("too large") });
  });
});
