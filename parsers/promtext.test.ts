import { describe, expect, test } from "vitest";
import { type PromTextOptions, parsePromText } from "./promtext.ts";

const classic = (text: string | Uint8Array, names?: PromTextOptions["names"]) =>
  parsePromText(text, { format: "prometheus", names });
const open = (text: string | Uint8Array) => parsePromText(text, { format: "openmetrics" });

function samplesOf(result: ReturnType<typeof classic>) {
  if (!result.ok) throw new Error(`refused: line ${result.line}: ${result.reason}`);
  return result.samples.map(({ family, type, name, labels, value, timestampSeconds }) => ({
    family,
    type,
    name,
    labels: { ...labels },
    value,
    at: timestampSeconds,
  }));
}

const bucket = (le: string, value: number) => `h_bucket{le="${le}"} ${value}\n`;

describe("text format 0.0.4 accepts", () => {
  const accepted: [name: string, text: string, samples: number][] = [
    ["nothing", "", 0],
    ["blank lines only", "\n \t\n", 0],
    ["blanks after the last line feed", "up 1\n  ", 1],
    ["comments that only look like metadata", "# HELPFUL x y\n#\n# \n# TYPE\n# HELP \n# anything \xff goes\n", 0],
    ["metadata without a text", "# TYPE up\n# HELP up\nup 1\n", 1],
    ["no blank between brace and value", 'up{job="a"}1\n', 1],
    ["tabs and blanks between all tokens", '\t up\t{ job = "a" ,\tb="c" , }\t1 \t 7 \n', 1],
    ["a lone comma between braces", "up{,} 1\nup{ , } 1\n", 2],
    ["numbers in all spellings", "a 1.\na .5\na -1E+5\na 007\na nAn\na -INF\na +Infinity\n", 7],
    ["an escape that means nothing, in a value", 'a{p="C:\\DIR"} 1\n', 1],
    ["a label named like an object's prototype", 'a{__proto__="x",constructor="y"} 1\n', 1],
    ["the same series twice", "a 1\na 1\n", 2],
    ["type words in any case", "# TYPE a GAUGE\na 1\n", 1],
    ["a HELP after the samples", "a 1\n# HELP a late\n", 1],
    ["a negative sum in a histogram", "# TYPE h histogram\nh_sum -1\n", 1],
    ["colons in metric names", "job:up:sum 1\n", 1],
  ];
  test.each(accepted)("%s", (_, text, samples) => {
    expect(samplesOf(classic(text))).toHaveLength(samples);
  });
});

describe("text format 0.0.4 refuses", () => {
  const refused: [name: string, text: string, line: number][] = [
    ["a last line without line feed", "up 1\nup 2", 2],
    ["a comment without line feed", "# bye", 1],
    ["a name starting with a digit", "1up 1\n", 1],
    ["a dash in a name", "a-b 1\n", 1],
    ["a missing value", "up\n", 1],
    ["a missing value after labels", 'up{a="b"}\n', 1],
    ["a word as value", "up yes\n", 1],
    ["hexadecimal", "up 0x10\n", 1],
    ["digit groups", "up 1_000\n", 1],
    ["an exponent without digits", "up 1e\n", 1],
    ["a lone dot", "up .\n", 1],
    ["a signed NaN", "up -NaN\n", 1],
    ["a carriage return", "up 1\r\n", 1],
    ["a fractional timestamp", "up 1 1.5\n", 1],
    ["a timestamp beyond 64 bits", "up 1 99999999999999999999\n", 1],
    ["text after the timestamp", "up 1 2 3\n", 1],
    ["an exemplar", 'up 1 # {a="b"} 1\n', 1],
    ["labels without a comma between", 'up{a="1" b="2"} 1\n', 1],
    ["two commas", 'up{a="1",,b="2"} 1\n', 1],
    ["a label without value", "up{a} 1\n", 1],
    ["an unquoted value", "up{a=1} 1\n", 1],
    ["a single-quoted value", "up{a='1'} 1\n", 1],
    ["a value without end", 'up{a="1\n', 1],
    ["braces without end", 'up{a="1" 1\n', 1],
    ["a label twice", 'up{a="1",a="2"} 1\n', 1],
    ["the reserved label", 'up{__name__="x"} 1\n', 1],
    ["a colon in a label name", 'up{a:b="1"} 1\n', 1],
    ["labels without a name", '{a="1"} 1\n', 1],
    ["an empty quoted name", '{""} 1\n', 1],
    ["a name outside and inside the braces", 'up{"up"} 1\n', 1],
    ["two names between the braces", '{"up","down"} 1\n', 1],
    ["an unknown escape in a quoted name", '{"a\\tb"} 1\n', 1],
    ["an unknown type", "# TYPE up dial\n", 1],
    ["a type of the other format", "# TYPE up stateset\n", 1],
    ["a bad name in metadata", "# TYPE a.b gauge\n", 1],
    ["a second TYPE", "# TYPE a gauge\n# TYPE a gauge\n", 2],
    ["a second HELP", "# HELP a x\na 1\n# HELP a x\n", 3],
    ["a TYPE after the samples", "a 1\n# TYPE a gauge\n", 2],
    ["a quantile that is no number", '# TYPE s summary\ns{quantile="half"} 1\n', 2],
    ["a bound that is no number", '# TYPE h histogram\nh_bucket{le="0x1"} 1\n', 2],
    ["a negative bucket", '# TYPE h histogram\nh_bucket{le="1"} -1\n', 2],
    ["a negative count, apart from its group", "# TYPE h histogram\nup 1\nh_count -1\n", 3],
  ];
  test.each(refused)("%s", (_, text, line) => {
    expect(classic(text)).toMatchObject({ ok: false, line });
  });

  test("bytes that are not UTF-8", () => {
    expect(classic(Buffer.from('up{a="\xbd"} 1\n', "latin1"))).toMatchObject({ ok: false });
    expect(classic('up{a="\ud800"} 1\n')).toMatchObject({ ok: false });
    expect(samplesOf(classic(Buffer.from('up{a="½"} 1\n')))[0]?.labels).toEqual({ a: "½" });
  });
});

describe("text format 0.0.4 reads", () => {
  test("escapes, milliseconds and quoted names", () => {
    const text = '{"disk.used", "mount.point"="/a\\\\b\\"c\\nd"} 2 1500\n';
    expect(samplesOf(classic(text))).toEqual([
      {
        family: "disk.used",
        type: "unknown",
        name: "disk.used",
        labels: { "mount.point": '/a\\b"c\nd' },
        value: 2,
        at: 1.5,
      },
    ]);
    expect(classic(text, "legacy")).toMatchObject({ ok: false });
    expect(classic('{"up","job"="a"} 1\n', "legacy")).toMatchObject({ ok: true });
  });

  test("counters under their OpenMetrics names", () => {
    const text = "# TYPE a counter\na 1\n# TYPE b_total counter\nb_total 2\n";
    expect(samplesOf(classic(text)).map(({ family, name }) => [family, name])).toEqual([
      ["a", "a_total"],
      ["b", "b_total"],
    ]);
  });

  test("a sample apart from its group as one of unknown type", () => {
    const text = '# TYPE h histogram\nh_bucket{le="1"} 1\nup 1\nh_count 1\n';
    expect(samplesOf(classic(text)).map(({ family, type }) => [family, type])).toEqual([
      ["h", "histogram"],
      ["up", "unknown"],
      ["h_count", "unknown"],
    ]);
  });

  test("metadata", () => {
    const result = classic("# HELP a one\\ntwo \\\\ \\t\n# TYPE a untyped\n");
    expect(result.ok && result.families).toEqual([{ name: "a", type: "unknown", help: "one\ntwo \\ \\t", unit: "" }]);
  });
});

describe("OpenMetrics accepts", () => {
  const accepted: [name: string, text: string, samples: number][] = [
    ["an end alone", "# EOF", 0],
    ["an end with line feed", "# EOF\n", 0],
    ["empty metadata texts", "# HELP a \n# UNIT a \n# EOF\n", 0],
    [
      "exemplars with and without time",
      '# TYPE a counter\na_total{b="1"} 1 # {} 1\na_total{b="2"} 1 5 # {t="x"} 1 5.5\n# EOF\n',
      2,
    ],
    ["exponent and sign in timestamps", "a 1 -1.5e3\n# EOF\n", 1],
    ["a histogram without count and sum", `# TYPE h histogram\n${bucket("+Inf", 1)}# EOF\n`, 1],
    [
      "a gauge histogram below zero",
      `# TYPE h gaugehistogram\n${bucket("-1", 1)}${bucket("+Inf", 2)}h_gcount 2\nh_gsum -3\n# EOF\n`,
      4,
    ],
    ["info that goes back in time", '# TYPE a info\na_info{v="1"} 1 2\na_info{v="2"} 1 1\n# EOF\n', 2],
    ["a repeat at one timestamp, read once", "# TYPE a gauge\na 1 0\na 2 0\n# EOF\n", 1],
    ["a summary's NaN quantile", '# TYPE s summary\ns{quantile="0.5"} NaN\n# EOF\n', 1],
    ["quoted names", '# TYPE "a.b" gauge\n{"a.b","c.d"="e"} 1\n# EOF\n', 1],
    ["escapes that mean nothing", 'a{p="C:\\DIR"} 1\n# EOF\n', 1],
  ];
  test.each(accepted)("%s", (_, text, samples) => {
    expect(samplesOf(open(text))).toHaveLength(samples);
  });
});

describe("OpenMetrics refuses", () => {
  const refused: [name: string, body: string, line: number][] = [
    ["blank lines", "\n", 1],
    ["plain comments", "# hello\n", 1],
    ["no blank after the hash", "#TYPE a gauge\n", 1],
    ["two blanks", "a  1\n", 1],
    ["a blank at the end", "a 1 \n", 1],
    ["a tab", "a\t1\n", 1],
    ["a blank between name and labels", 'a {b="c"} 1\n', 1],
    ["a blank between braces", 'a{ b="c"} 1\n', 1],
    ["a comma after the last label", 'a{b="c",} 1\n', 1],
    ["a comma alone", "a{,} 1\n", 1],
    ["metadata without its blank", "# HELP a\n", 1],
    ["untyped", "# TYPE a untyped\n", 1],
    ["type words in capitals", "# TYPE a Gauge\n", 1],
    ["text after the end", "# EOF\na 1\n", 1],
    ["metadata after samples", "# TYPE a gauge\na 1\n# HELP a x\n", 3],
    ["a family in two places", "a 1\nb 1\na 2\n", 4],
    ["names that clash", "# TYPE a_count gauge\n# TYPE a histogram\n", 3],
    ["a counter without _total", "# TYPE a counter\na 1\n", 3],
    ["a unit that the name lacks", "# TYPE a gauge\n# UNIT a bytes\n", 3],
    ["a unit on a stateset", "# TYPE a_x stateset\n# UNIT a_x x\n", 3],
    ["a stateset without its label", '# TYPE a stateset\na{b="c"} 1\n', 2],
    ["a half state", '# TYPE a stateset\na{a="c"} 0.5\n', 2],
    ["an info of 0", "# TYPE a info\na_info 0\n", 2],
    ["a negative counter", "# TYPE a counter\na_total -1\n", 2],
    ["a quantile above 1", '# TYPE s summary\ns{quantile="1.1"} 1\n', 2],
    ["a negative quantile value", '# TYPE s summary\ns{quantile="0.5"} -1\n', 2],
    ["a fractional bucket", '# TYPE h histogram\nh_bucket{le="+Inf"} 0.5\n', 2],
    ["infinity in another spelling", '# TYPE h histogram\nh_bucket{le="inf"} 1\n', 2],
    ["no infinite bucket", '# TYPE h histogram\nh_bucket{le="1"} 1\n', 3],
    ["buckets out of order", `# TYPE h histogram\n${bucket("2", 1)}${bucket("1", 1)}${bucket("+Inf", 1)}`, 5],
    ["bucket values that decrease", `# TYPE h histogram\n${bucket("1", 2)}${bucket("+Inf", 1)}`, 4],
    [
      "a negative sum without negative bounds",
      `# TYPE h gaugehistogram\n${bucket("1", 1)}${bucket("+Inf", 1)}h_gcount 1\nh_gsum -1\n`,
      6,
    ],
    ["a count unlike the last bucket", '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_count 2\nh_sum 1\n', 5],
    ["a count without sum", '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_count 1\n', 4],
    [
      "a sum with negative bounds",
      '# TYPE h histogram\nh_bucket{le="-1"} 0\nh_bucket{le="+Inf"} 1\nh_count 1\nh_sum 1\n',
      6,
    ],
    ["groups that mix", '# TYPE h gaugehistogram\nh_gsum{a="1"} 1\nh_gsum{a="2"} 1\nh_gcount{a="1"} 1\n', 4],
    ["timestamps on some samples", "a 1 1\na 2\n", 2],
    ["timestamps that go back", "a 1 2\na 2 1\n", 2],
    ["an infinite timestamp", "a 1 +Inf\n", 1],
    ["an exemplar on a gauge", "# TYPE a gauge\na 1 # {} 1\n", 2],
    ["an exemplar without blank", "# TYPE a counter\na_total 1# {} 1\n", 2],
    ["an exemplar without value", "# TYPE a counter\na_total 1 # {}\n", 2],
    ["an exemplar of 129 characters", `# TYPE a counter\na_total 1 # {a="${"b".repeat(128)}"} 1\n`, 2],
  ];
  test.each(refused)("%s", (_, body, line) => {
    expect(open(`${body}# EOF\n`)).toMatchObject({ ok: false, line });
  });

  test("a document without end", () => {
    expect(open("a 1\n")).toMatchObject({ ok: false });
    expect(open("")).toMatchObject({ ok: false });
    expect(open("a 1\n# EOF\n\n")).toMatchObject({ ok: false });
  });
});
