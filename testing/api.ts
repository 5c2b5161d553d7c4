// The API as the web process serves it, on a port of its own and with its rights in a test database: real HTTP, real sessions and tokens.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import superjson from "superjson";
import { actorOf } from "../server/accounts/actor.ts";
import { createAuth } from "../server/accounts/auth.ts";
import { provideAccounts } from "../server/accounts/runtime.ts";
import { createTrpcHandler } from "../server/api/handler.ts";
import type { Actor } from "../server/core/context.ts";
import { openDatabase } from "../server/core/db.ts";
import { createLogger } from "../server/core/log.ts";
import { closeQueues } from "../server/core/queue.ts";
import { addPerson, addToken } from "./actors.ts";
import type { TestDatabase } from "./database.ts";
import { addConsole, addPart, type Things } from "./world.ts";

export type Answer = { status: number; requestId: string; body: string };
export type TestApi = Awaited<ReturnType<typeof startApi>>;

/** @param at the time that all requests see */
export async function startApi(db: TestDatabase, at: Date) {
  process.env.DATABASE_URL = db.urlOf("web"); // for the jobs that verbs enqueue
  const { prisma } = db;
  const web = db.as("web"); // the API has the web process's rights, no more
  const publicUrl = "http://127.0.0.1";
  const secret = "a-secret-only-for-this-test-0123456789";
  const auth = createAuth({ prisma: web, secret, publicUrl });
  const proofs = openDatabase(db.urlOf("web"), { name: "test-proofs", poolMax: 3 }); // of its own, as in web/main.ts
  provideAccounts({ auth, prisma: proofs.prisma, publicUrl });
  const cookieName = (await auth.$context).authCookies.sessionToken.name;
  const handler = createTrpcHandler({ prisma: web, auth, log: createLogger("test", "silent"), now: () => at });
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/trpc`;
  const cookie = { secret, cookieName };

  return {
    at,
    handler,
    whoIs: (req: IncomingMessage): Promise<Actor> => actorOf(req, { prisma: web, auth, now: at }),
    base,
    cookie,
    addPerson: (input: Parameters<typeof addPerson>[3], signedWith = secret) =>
      addPerson(prisma, at, { cookieName, secret: signedWith }, input),
    addToken: (input: Parameters<typeof addToken>[2]) => addToken(prisma, at, input),
    /** One of everything in this pool, and of what belongs to the console. */
    addThings: async (pool: string): Promise<Things> => ({
      ...(await addPart(prisma, pool, at)),
      ...(await addConsole(prisma, cookie, at)),
    }),
    async send(
      path: string,
      type: "query" | "mutation",
      headers: Record<string, string>,
      input: unknown,
    ): Promise<Answer> {
      const body = superjson.stringify(input);
      const response = await (type === "query"
        ? fetch(`${base}/${path}?input=${encodeURIComponent(body)}`, { headers })
        : fetch(`${base}/${path}`, {
            method: "POST",
            headers: { ...headers, "content-type": "application/json" },
            body,
          }));
      const requestId = response.headers.get("x-request-id") ?? "";
      return { status: response.status, requestId, body: await response.text() };
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await closeQueues();
      await proofs.close();
    },
  };
}
