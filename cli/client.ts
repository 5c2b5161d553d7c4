// The console's API for the command line: typed by the server's own router, found through the data folder or the environment.
import { existsSync, readFileSync } from "node:fs";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { plainValue } from "../parsers/plain-text.ts";
import type { AppRouter } from "../server/api/root.ts";
import { localAddress } from "./address.ts";
import { EXIT, UserError } from "./errors.ts";
import { type DataPaths, dataDir, dataPaths } from "./paths.ts";
import { readState } from "./state.ts";

export type Client = ReturnType<typeof createTRPCClient<AppRouter>>;

/** A request that takes longer is given up, in ms. */
const REQUEST_MAX_MS = 30_000;

type Address = { url: string; token: string };

function findAddress(paths: DataPaths): Address {
  const { NODEOPS_URL, NODEOPS_TOKEN } = process.env;
  if (NODEOPS_URL) {
    if (!NODEOPS_TOKEN)
      throw new UserError(
        "NODEOPS_URL is set but NODEOPS_TOKEN is not",
        "make a token in the console (Settings, API tokens) and set NODEOPS_TOKEN",
        EXIT.usage,
      );
    return { url: NODEOPS_URL, token: NODEOPS_TOKEN };
  }
  const state = readState(paths);
  if (!state || !existsSync(paths.cliToken)) {
    throw new UserError(
      `no console runs on ${paths.dir}`,
      "./nodeops up starts one; for another machine's console set NODEOPS_URL and NODEOPS_TOKEN",
      EXIT.unreachable,
    );
  }
  return {
    url: localAddress(state.ports.web, state.listen),
    token: NODEOPS_TOKEN ?? readFileSync(paths.cliToken, "utf8").trim(),
  };
}

// Names, messages and log lines come from nodes: on a terminal they could do more than be read. Programs get them as they are (printJson escapes).
const forPeople = (value: unknown): unknown => plainValue(superjson.deserialize(value as never), ["statement"]);

/** A client for the console of this call; texts of its answers are inert unless `json`. @throws UserError (exit code 3) when there is none */
export function connect(options: { data?: string; json?: boolean }): Client {
  const { url, token } = findAddress(dataPaths(dataDir(options.data)));
  return createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: new URL("/api/trpc", url).href,
        // A plan with a configuration file in it is longer than any address.
        methodOverride: "POST",
        transformer: options.json
          ? superjson
          : { input: superjson, output: { serialize: superjson.serialize, deserialize: forPeople } },
        headers: { authorization: `Bearer ${token}` },
        fetch: (input, init) =>
          fetch(input, {
            ...init,
            signal: AbortSignal.any([AbortSignal.timeout(REQUEST_MAX_MS), ...(init?.signal ? [init.signal] : [])]),
          }).catch((cause) => {
            throw new UserError(
              `the console at ${url} does not answer`,
              "./nodeops status shows what runs; ./nodeops up starts it",
              EXIT.unreachable,
              cause,
            );
          }),
      }),
    ],
  });
}

/** Answers byte for byte, where a hash is worked out from them. Whatever of them is printed for people has to be made inert. */
export const exact = (options: { data?: string }): Client => connect({ ...options, json: true });

/** Awaits a call and turns the server's refusals into messages with an exit code. */
export async function answer<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (err) {
    if (!(err instanceof TRPCClientError)) throw err;
    if (err.cause instanceof UserError) throw err.cause;
    const code: unknown = err.data?.code;
    if (code === "UNAUTHORIZED")
      throw new UserError(
        "the console refuses the token",
        "it may be revoked or expired; make a new one and set NODEOPS_TOKEN",
        EXIT.unreachable,
        err,
      );
    throw new UserError(err.message, undefined, code === "BAD_REQUEST" ? EXIT.usage : EXIT.failed, err);
  }
}
