// A browser for tests of sign-in: keeps cookies between calls to better-auth's handler and acts as whoever they say.
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { PrismaClient } from "../../../generated/prisma/client.ts";
import type { Actor, Context } from "../../core/context.ts";
import { actorOf } from "../actor.ts";
import type { Auth } from "../auth.ts";

export type Browser = {
  cookies: Map<string, string>;
  post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
  get: (url: string) => Promise<Response>;
  signIn: (email: string, password: string) => Promise<Response>;
  who: () => Promise<Actor>;
  /** A context of verbs for whoever is signed in. */
  ctx: () => Promise<Context>;
};

/** @param options.now clock of `who` and `ctx` */
export function browser(options: { prisma: PrismaClient; auth: Auth; url: string; now?: () => Date }): Browser {
  const { prisma, auth, url, now = () => new Date() } = options;
  const cookies = new Map<string, string>();
  const header = () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");

  async function send(request: Request): Promise<Response> {
    const response = await auth.handler(request);
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(/;\s*/);
      const at = pair.indexOf("=");
      if (attributes.some((one) => /^max-age=0$/i.test(one))) cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }
  const post: Browser["post"] = (path, body, headers = {}) =>
    send(
      new Request(`${url}/api/auth${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: url, cookie: header(), ...headers },
        body: JSON.stringify(body),
      }),
    );
  const who = (): Promise<Actor> => {
    const req = new IncomingMessage(new Socket());
    Object.assign(req.headers, { cookie: header() });
    return actorOf(req, { prisma, auth, now: now() });
  };
  return {
    cookies,
    post,
    get: (address) => send(new Request(address, { headers: { cookie: header() } })),
    signIn: (email, password) => post("/sign-in/email", { email, password }),
    who,
    ctx: async () => ({ db: prisma, actor: await who(), now, requestId: "test", address: "192.0.2.7" }),
  };
}
