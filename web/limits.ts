// Bounds on what a request may cost before anything looks at what it says.
import type { IncomingMessage } from "node:http";

/** Each with its unit; a reason where the number is not plain. */
export const LIMITS = {
  /** Longest request target, characters. Pages keep filters in the URL, reads keep their input there. */
  url: 16 * 1024,
  /** All header lines together, bytes: twice the URL. */
  headerBytes: 32 * 1024,
  headers: 100,
  bodyBytes: 1024 * 1024,
  /** Our deepest input (grants of an account) nests five levels. */
  jsonDepth: 32,
  /** Time until all headers are there, ms. */
  headersMs: 10_000,
  /** Time until the whole request is there, ms. Event streams only write, so it does not touch them. */
  requestMs: 30_000,
  /** An idle connection is kept for this, ms: longer than a page's pause between two reads. */
  keepAliveMs: 15_000,
  /** How often the three times above are checked, ms. */
  checkMs: 2_000,
  /** Connections at once: of one address (a browser opens six, an office sits behind one), and of all. */
  connectionsPerAddress: 256,
  connections: 4_096,
} as const;

/** Code unit of the \u escape at `i` (its backslash), or -1. */
const escapeAt = (json: string, i: number): number =>
  json[i] === "\\" && json[i + 1] === "u" && /^[0-9a-f]{4}$/i.test(json.slice(i + 2, i + 6))
    ? Number.parseInt(json.slice(i + 2, i + 6), 16)
    : -1;

/**
 * What speaks against parsing a JSON text: it nests too deep, or holds characters that no text of ours has and PostgreSQL refuses (NUL, half of a
 * surrogate pair). Linear, builds nothing; text that is no JSON is for the parser to refuse.
 */
export function jsonFault(json: string, depthMax: number = LIMITS.jsonDepth): string | null {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i += 1) {
    const char = json[i];
    if (!inString) {
      if (char === '"') inString = true;
      else if (char === "[" || char === "{") depth += 1;
      else if (char === "]" || char === "}") depth -= 1;
      if (depth > depthMax) return `JSON may nest ${depthMax} levels`;
    } else if (char === '"') inString = false;
    else if (char === "\\") {
      const unit = escapeAt(json, i);
      const isPair = unit >= 0xd800 && unit <= 0xdbff && (escapeAt(json, i + 6) & 0xfc00) === 0xdc00;
      if (unit === 0 || (unit >= 0xd800 && unit <= 0xdfff && !isPair))
        return "text may not hold NUL or broken characters";
      i += isPair ? 11 : 1;
    }
  }
  return null;
}

/** A request that is refused: the answer's status and its text for people. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Reads a JSON body. The connection ends with a refusal that leaves the rest of the body unread.
 * @throws Refusal for anything but plain UTF-8 JSON within the limits
 */
export async function readBody(req: IncomingMessage): Promise<string> {
  const { "content-type": type, "content-encoding": encoding, "content-length": length } = req.headers;
  const close = { connection: "close" };
  // A few bytes of gzip become gigabytes: nobody needs to send us compressed text.
  if (encoding !== undefined && encoding !== "identity")
    throw new Refusal(415, "compressed requests are not accepted", close);
  if (type !== undefined && type.split(";", 1)[0]?.trim().toLowerCase() !== "application/json")
    throw new Refusal(415, "only application/json is accepted", close);
  const tooLarge = new Refusal(413, `a request may have ${LIMITS.bodyBytes} bytes`, close);
  if (length !== undefined && Number(length) > LIMITS.bodyBytes) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > LIMITS.bodyBytes) throw tooLarge;
    chunks.push(chunk);
  }
  if (size > 0 && type === undefined) throw new Refusal(415, "only application/json is accepted");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new Refusal(400, "the request is not UTF-8"); // which bytes were wrong helps nobody
  }
  const fault = jsonFault(text);
  if (fault) throw new Refusal(400, fault);
  return text;
}
