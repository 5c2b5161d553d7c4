// A small but real OpenID provider for tests: discovery, keys, authorization code with PKCE. What it puts into the next id token can be spoilt.
import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

export type Spoil = {
  nonce?: string;
  issuer?: string;
  audience?: string;
  expiresIn?: string;
  /** Signs with a key that is not among the published ones. */
  foreignKey?: boolean;
  noIdToken?: boolean;
};

export type Provider = {
  issuer: string;
  clientId: string;
  /** Who is signed in at the provider, and what it says about them. */
  person: Record<string, unknown>;
  spoil: Spoil;
  /** What came with the last code exchange. */
  lastVerifier: string | null;
  close: () => Promise<void>;
};

export async function startProvider(): Promise<Provider> {
  const own = await generateKeyPair("RS256", { extractable: true });
  const foreign = await generateKeyPair("RS256", { extractable: true });
  const jwk = { ...(await exportJWK(own.publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  const codes = new Map<string, { nonce: string; challenge: string; redirectUri: string }>();
  const server = createServer((req, res) => void handle(req, res));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider: Provider = {
    issuer,
    clientId: "nodeops",
    person: {},
    spoil: {},
    lastVerifier: null,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  const json = (res: ServerResponse, value: unknown, status = 200) =>
    res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));

  async function idToken(nonce: string): Promise<string> {
    const { spoil, person } = provider;
    return new SignJWT({ ...person, nonce: spoil.nonce ?? nonce })
      .setProtectedHeader({ alg: "RS256", kid: "k1" })
      .setSubject(String(person.sub))
      .setIssuer(spoil.issuer ?? issuer)
      .setAudience(spoil.audience ?? provider.clientId)
      .setIssuedAt()
      .setExpirationTime(spoil.expiresIn ?? "5 minutes")
      .sign(spoil.foreignKey ? foreign.privateKey : own.privateKey);
  }

  async function exchange(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const code = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    provider.lastVerifier = form.get("code_verifier");
    const challenge = createHash("sha256")
      .update(provider.lastVerifier ?? "")
      .digest("base64url");
    if (!code || challenge !== code.challenge || form.get("redirect_uri") !== code.redirectUri)
      return void json(res, { error: "invalid_grant" }, 400);
    const tokens = { access_token: randomUUID(), token_type: "Bearer", expires_in: 300 };
    json(res, provider.spoil.noIdToken ? tokens : { ...tokens, id_token: await idToken(code.nonce) });
  }

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? "/", issuer);
    if (url.pathname === "/.well-known/openid-configuration")
      json(res, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ["code"],
        id_token_signing_alg_values_supported: ["RS256"],
      });
    else if (url.pathname === "/jwks") json(res, { keys: [jwk] });
    else if (url.pathname === "/userinfo") json(res, provider.person);
    else if (url.pathname === "/authorize") {
      const query = url.searchParams;
      if (query.get("code_challenge_method") !== "S256" || query.get("client_id") !== provider.clientId)
        return void json(res, { error: "invalid_request" }, 400);
      const code = randomUUID();
      const redirectUri = query.get("redirect_uri") ?? "";
      codes.set(code, { nonce: query.get("nonce") ?? "", challenge: query.get("code_challenge") ?? "", redirectUri });
      const back = new URL(redirectUri);
      back.searchParams.set("code", code);
      back.searchParams.set("state", query.get("state") ?? "");
      res.writeHead(302, { location: back.href }).end();
    } else if (url.pathname === "/token") await exchange(req, res);
    else json(res, { error: "not_found" }, 404);
  }
  return provider;
}
