// Requests to addresses that people typed (webhooks, notifications). Such an address must not become a way into the networks the centre stands in:
// names are resolved here, every answer is judged, and the connection goes to the judged address and nowhere else.
import { lookup as lookupName } from "node:dns/promises";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import ipaddr from "ipaddr.js";
import { AppError } from "./errors.ts";

/** From the first byte of DNS to the last of the answer, ms. */
const TIME_MAX_MS = 10_000;
/** Largest answer, bytes: receivers of notifications say little. */
const ANSWER_BYTES_MAX = 64 * 1024;
const HEADER_BYTES_MAX = 8 * 1024;

export type EgressAnswer = { status: number; headers: Record<string, string | string[] | undefined>; body: string };

export type EgressOptions = {
  /** Ranges (CIDR) that the operator opens although they are not of the public internet, e.g. "10.20.0.0/16". */
  allow?: readonly string[];
  timeoutMs?: number;
  answerBytesMax?: number;
  /** All addresses of a name; the system's resolver by default. */
  resolve?: (name: string) => Promise<string[]>;
};

export type EgressInit = { method?: "GET" | "POST"; headers?: Record<string, string>; body?: string };

const refused = (reason: string): AppError =>
  new AppError("invalid", `egress refused: ${reason}`, { publicMessage: "This address may not be called." });

// What the registries hand out for the public internet; the rest of IPv6 is reserved, or carries IPv4 addresses inside.
const GLOBAL_V6 = ipaddr.parseCIDR("2000::/3");

/** Whether a server may call an address: globally routed unicast, or in a range that was opened. Embedded IPv4 addresses (mapped, NAT64, 6to4, Teredo) are not. */
export function mayReach(address: string, allow: readonly string[] = []): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address); // ::ffff:10.0.0.1 is judged as 10.0.0.1
  const isOpened = allow.some((range) => {
    const [base, bits] = ipaddr.parseCIDR(range);
    return base.kind() === parsed.kind() && parsed.match(base, bits);
  });
  if (isOpened) return true;
  // A mapped address never comes out of a public name server for an honest reason.
  if (parsed.range() !== "unicast" || address.toLowerCase().startsWith("::ffff:")) return false;
  return parsed.kind() === "ipv4" || parsed.match(GLOBAL_V6);
}

const resolveAll = async (name: string): Promise<string[]> =>
  (await lookupName(name, { all: true, verbatim: true })).map(({ address }) => address);

/** The one address to connect to. @throws AppError when any address of the name is out of bounds: a mixed answer is an attack */
async function pin(url: URL, options: EgressOptions): Promise<string> {
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const addresses = ipaddr.isValid(name) ? [name] : await (options.resolve ?? resolveAll)(name);
  const [first] = addresses;
  if (first === undefined) throw refused(`${name} has no address`);
  const inside = addresses.find((address) => !mayReach(address, options.allow));
  if (inside !== undefined) throw refused(`${name} is ${inside}`);
  return first;
}

function readUrl(text: string): URL {
  if (!URL.canParse(text)) throw refused("not a URL");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refused(`${url.protocol} is not http`);
  if (url.username !== "" || url.password !== "") throw refused("credentials in the address");
  return url;
}

function send(
  url: URL,
  address: string,
  init: EgressInit,
  options: EgressOptions,
  signal: AbortSignal,
): Promise<EgressAnswer> {
  const { answerBytesMax = ANSWER_BYTES_MAX } = options;
  const isTls = url.protocol === "https:";
  const name = url.hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const request = (isTls ? requestHttps : requestHttp)({
      // The address that was judged, not the name: a second look-up could answer differently.
      host: address,
      port: url.port || (isTls ? 443 : 80),
      ...(isTls && !ipaddr.isValid(name) ? { servername: name } : {}),
      path: `${url.pathname}${url.search}`,
      method: init.method ?? "GET",
      headers: { ...init.headers, host: url.host, "accept-encoding": "identity" },
      agent: false,
      maxHeaderSize: HEADER_BYTES_MAX,
      signal,
    });
    request.once("error", reject);
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.once("error", reject);
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > answerBytesMax)
          return void response.destroy(new Error(`the answer exceeds ${answerBytesMax} bytes`));
        chunks.push(chunk);
      });
      // A redirect is an answer like any other: where it points was never judged.
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    request.end(init.body);
  });
}

/**
 * Calls an address from outside. Follows no redirect, uses no proxy, keeps no connection.
 * @throws AppError `invalid` when the address may not be called, `unavailable` when nothing came back in time
 */
export async function egressFetch(
  text: string,
  init: EgressInit = {},
  options: EgressOptions = {},
): Promise<EgressAnswer> {
  const signal = AbortSignal.timeout(options.timeoutMs ?? TIME_MAX_MS);
  const url = readUrl(text);
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("no answer in time")), { once: true });
  });
  try {
    const address = await Promise.race([pin(url, options), late]);
    return await Promise.race([send(url, address, init, options, signal), late]);
  } catch (err) {
    if (err instanceof AppError) throw err;
    throw new AppError("unavailable", `egress to ${url.host}: ${err instanceof Error ? err.message : String(err)}`, {
      publicMessage: "The address does not answer as expected.",
      cause: err,
    });
  }
}
