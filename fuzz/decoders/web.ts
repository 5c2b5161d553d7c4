// What the web server reads of a request before it knows who sent it, and hostile text on its way to a page or a terminal.
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { escapeJson, plainLine, plainText, plainValue } from "../../parsers/plain-text.ts";
import { clientAddress, parseRanges } from "../../web/client-address.ts";
import { checkOrigin, checkShape, isLocal, readTarget, stripSteering } from "../../web/gate.ts";
import { jsonFault, LIMITS, Refusal } from "../../web/limits.ts";
import { asText, type Decoder } from "../decoder.ts";
import { jsonInputs, textInputs } from "../mutate-text.ts";
import { readJson } from "./json.ts";

const PUBLIC_URL = "https://console.example";
const trusted = parseRanges("10.0.0.0/8, ::1");
const LINE = /^([\w-]+): (.*)$/;

/** A request out of lines: target, then headers; as node:http hands it over, which has refused what is no HTTP at all. */
function requestOf(text: string): IncomingMessage {
  const [target = "", ...lines] = text.split("\n");
  const headers: IncomingHttpHeaders = {};
  for (const line of lines) {
    const [, name = "", value = ""] = LINE.exec(line) ?? [];
    if (name !== "") headers[name.toLowerCase()] = value;
  }
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [name, String(value)]);
  const request = { method: "POST", url: target, headers, rawHeaders, socket: { remoteAddress: "10.1.2.3" } };
  return request as unknown as IncomingMessage; // only these fields are read here
}

export const requestHead: Decoder = {
  name: "request-head",
  what: "target, origin and forwarding headers of a request, from anyone",
  generate: textInputs(
    [
      "/api/trpc/nodes.list?batch=1&input=%7B%220%22%3A%7B%7D%7D\norigin: https://console.example\nhost: console.example\nx-forwarded-for: 1.2.3.4, 10.0.0.1",
      "/nodes/1?tab=facts\nhost: 127.0.0.1:3000\norigin: http://127.0.0.1:3000\nsec-fetch-site: same-origin",
      "/\norigin: null\nhost: [::1]:3000\nx-middleware-subrequest: middleware:middleware",
    ],
    [
      ..."/|//|..|%2e|%2f|%00|\\|?|&|=|input=|[[[[|%5B|\n|origin: |host: |null|http://|https://console.example|[::1]|127.0.0.1|0x7f.1|x-forwarded-for: |1.2.3.4|, |::ffff:|cookie: a=b|sec-fetch-site: cross-site|transfer-encoding: chunked|__proto__: x|constructor: y|@".split(
        "|",
      ),
    ],
  ),
  decode(input) {
    const req = requestOf(asText(input));
    try {
      stripSteering(req.headers);
      if (Object.keys(req.headers).some((name) => name.startsWith("x-middleware")))
        throw new Error("a steering header is left");
      clientAddress(req, trusted);
      isLocal(req);
      checkShape(req);
      readTarget(req.url);
      checkOrigin(req, PUBLIC_URL, false);
      return true;
    } catch (err) {
      if (err instanceof Refusal) return false;
      throw err;
    }
  },
};

/** How deep a value really is. */
const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

export const jsonLimits: Decoder = {
  name: "json-limits",
  what: "the limits of JSON bodies: what passes must really be as flat as it says, and hold no broken text",
  generate: jsonInputs([
    { a: [[[[{ b: '["\\\\"' }]]]], c: "\\" },
    [[[[[[[[[[[[[[[[[[[[[[[[[[[["x"]]]]]]]]]]]]]]]]]]]]]]]]]]]],
  ]),
  decode(input) {
    const text = asText(input);
    if (jsonFault(text) !== null) return false;
    const json = readJson(text);
    if (json && depthOf(json.value) > LIMITS.jsonDepth)
      throw new Error(`deeper than ${LIMITS.jsonDepth}, but let through`);
    if (json && text.isWellFormed() && /\\u0000|\\ud[89a-f]/i.test(JSON.stringify(json.value).replaceAll("\\\\", "")))
      throw new Error("broken text was let through");
    return json !== null;
  },
};

// Escape, C1, bidi, invisible: nothing of it may be left in what is shown.
const UNSAFE = /[^\P{C}\n\t\u{e000}-\u{f8ff}\u{f0000}-\u{10ffff}\p{Cn}]|[\u2028\u2029]/u;

export const hostileText: Decoder = {
  name: "hostile-text",
  what: "log lines, names and labels made inert for pages and terminals",
  generate: textInputs(
    [
      "plain text, with 中文 and é",
      "\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link",
      "a\u202eb\u2066c\u2069",
      "x\ty\r\nz",
      '{"a":"\u200b"}',
    ],
    [
      "\u001b[",
      "\u001b]0;",
      "\u009b",
      "31m",
      ";",
      "\u0007",
      "\r",
      "\n",
      "\u202e",
      "\u2066",
      "\u200b",
      "\ufeff",
      "\ud83d",
      "\ude00",
      "\u0301",
      "\u{e0041}",
      "\u{1f3fd}",
      "a",
      "é",
      "\0",
    ],
  ),
  decode(input) {
    const text = asText(input);
    const shown = plainText(text, 10_000);
    const line = plainLine(text, 200);
    for (const out of [shown, line])
      if (UNSAFE.test(out)) throw new Error(`something that acts is left: ${JSON.stringify(out.slice(0, 200))}`);
    if (line.includes("\n") || line.length > 200) throw new Error("more than one line");
    if (shown.length > 10_000) throw new Error("longer than asked");
    // Long texts have shown by now what they cost.
    if (text.length < 2_000) {
      plainValue({ [text]: [text, { text }] });
      escapeJson(JSON.stringify(text));
    }
    return shown === text;
  },
};
