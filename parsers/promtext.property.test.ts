import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePromText } from "./promtext.ts";
import { forEachSample, type RawSample } from "./promtext-stream.ts";

const FORMATS = ["prometheus", "openmetrics"] as const;

/** Text made of the formats' own pieces: gets much further into the readers than random characters do. */
const pieces = fc
  .array(
    fc.constantFrom(
      ...'# TYPE |# HELP |# UNIT |# EOF|a|a_total|a_bucket|a_count|a_sum|{|}|"|\\|\\n|le=|"+Inf"|=|,| |\t|\n|1|-1|NaN|+Inf| # |counter|histogram|summary'.split(
        "|",
      ),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));
const noise = fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 200 }), fc.uint8Array({ maxLength: 200 }));

const quote = (text: string) => `"${text.replaceAll(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`))}"`;
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const labelName = text.filter((name) => name !== "" && name !== "__name__");
const value = fc.double().map((number) => number + 0); // "-0" is written as "0"
const written = (number: number) => String(number).replace("Infinity", "Inf");
const sample = fc.record({
  name: text.filter((name) => name !== ""),
  labels: fc.dictionary(labelName, text, { maxKeys: 4, noNullPrototype: true }),
  value,
});

function writeLine({ name, labels, value }: RawSample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${quote(label)}=${quote(text)}`);
  return `{${[quote(name), ...pairs].join(",")}} ${written(value)}\n`;
}

test("noise is read or refused, never thrown at", () => {
  fc.assert(
    fc.property(noise, fc.constantFrom(...FORMATS), (input, format) => {
      const result = parsePromText(input, { format });
      expect(result.ok || result.reason.length > 0).toBe(true);
      if (typeof input === "string") forEachSample(input, new Set(["a", "a_total"]), () => undefined);
    }),
    { numRuns: 2000 },
  );
});

test("any name, label and value survives writing and reading in both formats", () => {
  fc.assert(
    fc.property(sample, (sample) => {
      const line = writeLine(sample);
      for (const [format, document] of [
        ["prometheus", line],
        ["openmetrics", `${line}# EOF\n`],
      ] as const) {
        const result = parsePromText(document, { format });
        expect(
          result.ok && result.samples.map(({ name, labels, value }) => ({ name, labels: { ...labels }, value })),
        ).toEqual([sample]);
      }
      const streamed: RawSample[] = [];
      forEachSample(line, new Set([sample.name]), ({ name, labels, value }) =>
        streamed.push({ name, labels: { ...labels }, value }),
      );
      expect(streamed).toEqual([sample]);
    }),
  );
});

test("the fast lane finds what the full reader finds", () => {
  const line = fc.record({
    name: fc.constantFrom("a", "ab", "a_total", "b", "b:c"),
    labels: fc.constantFrom("", "{}", '{x="1"}', '{x="} 2",y="\\n"}'),
    value: fc.integer(),
  });
  fc.assert(
    fc.property(fc.array(line), fc.subarray(["a", "ab", "a_total", "b", "b:c"]), (lines, names) => {
      const document = lines.map(({ name, labels, value }) => `${name}${labels} ${value}\n`).join("");
      const wanted = new Set(names);
      const result = parsePromText(document, { format: "prometheus" });
      const found: unknown[] = [];
      forEachSample(document, wanted, ({ name, labels, value }) => found.push({ name, labels, value }));
      expect(
        result.ok &&
          result.samples
            .filter(({ name }) => wanted.has(name))
            .map(({ name, labels, value }) => ({ name, labels, value })),
      ).toEqual(found);
    }),
  );
});
