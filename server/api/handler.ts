// tRPC over plain node:http: each request gets its actor, a request id and the context of verbs.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { actorOf } from "../accounts/actor.ts";
import type { Auth } from "../accounts/auth.ts";
import type { Context } from "../core/context.ts";
import { toAppError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { appRouter } from "./root.ts";

export const TRPC_PATH = "/api/trpc/";
/** Largest request body, bytes. */
const BODY_BYTES_MAX = 1024 * 1024;
/** Most calls in one request; a page reads fewer than ten things at once. */
const BATCH_MAX = 20;

export function createTrpcHandler(deps: {
  prisma: PrismaClient;
  auth: Auth;
  log: Logger;
  now: () => Date;
}): RequestListener {
  const { prisma, auth, log, now } = deps;
  return createHTTPHandler({
    router: appRouter,
    basePath: TRPC_PATH,
    maxBodySize: BODY_BYTES_MAX,
    maxBatchSize: BATCH_MAX,
    // Reads may come by POST: a plan with a configuration file in it is longer than any address. Changes never come by GET.
    allowMethodOverride: true,
    async createContext({ req, res }: { req: IncomingMessage; res: ServerResponse }): Promise<Context> {
      const requestId = randomUUID();
      res.setHeader("x-request-id", requestId);
      res.setHeader("cache-control", "no-store"); // answers are one person's, at one moment
      const address = req.headers["x-forwarded-for"]; // set by web/server.ts, whatever came with the request
      const actor = await actorOf(req, { prisma, auth, now: now() });
      return { db: prisma, actor, now, requestId, address: typeof address === "string" ? address : null };
    },
    onError({ error, path, ctx }) {
      const app = toAppError(error.cause ?? error);
      const entry = { verb: path, code: app.code, requestId: ctx?.requestId, actor: ctx?.actor.id, err: app.message };
      if (app.code === "internal") log.error({ ...entry, stack: error.cause?.stack ?? error.stack }, "request failed");
      else log.info(entry, "request refused");
    },
  });
}
