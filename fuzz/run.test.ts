// The harness catches what it is for: planted faults in decoders that are otherwise fine.
import { afterEach, describe, expect, it } from "vitest";
import { type Decoder, fromWord, toWord } from "./decoder.ts";
import { decoders } from "./decoders/index.ts";
import { msgpackInputs } from "./mutate-bytes.ts";
import { jsonInputs } from "./mutate-text.ts";
import { inputAt, merge, runDecoder, tryInput, useless } from "./run.ts";
import { jsonSpans, msgpackSpans } from "./spans.ts";

const generate = jsonInputs([{ id: "a", list: [1, 2, { x: "y" }], at: 5 }]);

const planted = (name: string, decode: (text: string) => boolean): Decoder => ({
  name,
  what: "planted",
  generate,
  decode: (input) => decode(String(input)),
});

/** Refuses what is no JSON, as a decoder should. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const run = (decoder: Decoder, to = 20_000) => runDecoder(decoder, { seed: 7, from: 0, to });

afterEach(() => {
  for (const key of Object.keys(Object.prototype)) Reflect.deleteProperty(Object.prototype, key);
});

describe("the harness", () => {
  it("has nothing to say of a decoder that is fine", async () => {
    const report = await run(planted("fine", isJson), 5_000);
    expect(report).toMatchObject({ failure: null, inputs: 5_000 });
    expect(useless(report)).toBeNull();
  });

  it("finds an exception that one rare character causes, and the input that causes it", async () => {
    const decoder = planted("throws", (text) => {
      if (text.includes("\u202e")) throw new Error("planted");
      return isJson(text);
    });
    const { failure } = await run(decoder);
    expect(failure?.reason).toContain("planted");
    const again = inputAt(decoder, 7, failure?.index ?? -1);
    expect(toWord(again)).toBe(failure?.input);
    expect((await tryInput(decoder, fromWord(failure?.input ?? ""))).reason).toContain("planted");
  });

  it("finds a decoder that is quadratic", async () => {
    const decoder = planted("quadratic", (text) => {
      let count = 0;
      for (let i = 0; i < text.length; i++)
        for (let j = 0; j < text.length; j++) count += text.charCodeAt((i * 7 + j) % text.length);
      return count % 2 === 0;
    });
    expect((await run(decoder)).failure?.reason).toContain("limit 50");
  });

  it("finds a prototype that was written to", async () => {
    const decoder = planted("pollutes", (text) => {
      if (!isJson(text)) return false;
      const value: unknown = JSON.parse(text);
      const inner = (to: Record<string, unknown>, key: string) => {
        if (!to[key]) to[key] = {};
        return to[key] as Record<string, unknown>;
      };
      // Follows "__proto__" like any other key.
      const merge = (to: Record<string, unknown>, from: Record<string, unknown>) => {
        for (const [key, item] of Object.entries(from)) {
          if (typeof item === "object" && item !== null) merge(inner(to, key), { ...item });
          else to[key] = item;
        }
      };
      if (typeof value === "object" && value !== null) merge({}, { ...value });
      return true;
    });
    expect((await run(decoder)).failure?.reason).toContain("prototype");
  });

  it("finds memory that is kept", async () => {
    const kept: Uint8Array[] = [];
    const decoder = planted("keeps", (text) => kept.push(new Uint8Array(100_000)) > 0 && isJson(text));
    expect((await run(decoder, 1_000)).failure?.reason).toContain("heap grew");
  });

  it("calls a generator useless that only ever meets one answer", async () => {
    expect(
      useless(
        await run(
          planted("refuses", () => false),
          100,
        ),
      ),
    ).toContain("accepted");
    expect(
      useless(
        await run(
          planted("accepts", () => true),
          100,
        ),
      ),
    ).toContain("refused");
  });

  it("gives parts of a run the same inputs as the whole, and adds them up", async () => {
    const decoder = planted("fine", isJson);
    const whole = await run(decoder, 300);
    const parts = [await run(decoder, 100), await runDecoder(decoder, { seed: 7, from: 100, to: 300 })];
    expect(merge(parts)).toMatchObject({ inputs: 300, accepted: whole.accepted });
  });
});

describe("the generators", () => {
  it("know where the values of JSON lie", () => {
    const text = '{"a": [1, "x,]"], "b": {"c": null}}';
    const found = jsonSpans(text).map(({ start, end, isPair }) => `${isPair ? "pair " : ""}${text.slice(start, end)}`);
    expect(found.toSorted()).toEqual(
      [
        "1",
        '"x,]"',
        '[1, "x,]"]',
        'pair "a": [1, "x,]"]',
        "null",
        'pair "c": null',
        '{"c": null}',
        'pair "b": {"c": null}',
        text,
      ].toSorted(),
    );
  });

  it("know where the values of MessagePack lie", () => {
    const bytes = Uint8Array.from([0x82, 0xa1, 0x61, 0x92, 0x01, 0xc0, 0xa1, 0x62, 0xd9, 0x01, 0x78]);
    const found = msgpackSpans(bytes).map(({ start, end, isPair }) => `${isPair ? "pair " : ""}${start}-${end}`);
    expect(found).toEqual(["1-3", "4-5", "5-6", "3-6", "pair 1-6", "6-8", "8-11", "pair 6-11", "0-11"]);
  });

  it("make other inputs for another seed", () => {
    const decoder: Decoder = {
      name: "x",
      what: "",
      generate: msgpackInputs([Uint8Array.from([0x81, 0xa1, 0x61, 1])]),
      decode: () => true,
    };
    const drawn = (seed: number) => Array.from({ length: 50 }, (_, i) => toWord(inputAt(decoder, seed, i))).join();
    expect(drawn(1)).toBe(drawn(1));
    expect(drawn(1)).not.toBe(drawn(2));
  });
});

it.each(decoders.map((decoder) => ({ name: decoder.name, decoder })))(
  "$name takes some inputs and refuses others",
  async ({ decoder }) => {
    const report = await runDecoder(decoder, { seed: 1, from: 0, to: 400 });
    expect(report.failure).toBeNull();
    expect(useless(report)).toBeNull();
  },
);

it("names each decoder once", () => {
  expect(new Set(decoders.map(({ name }) => name)).size).toBe(decoders.length);
});
