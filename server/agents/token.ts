// The text of a join token and the one line that uses it. Pure.
import { createHash, randomBytes } from "node:crypto";
import { JOIN_TOKEN_PREFIX, JoinToken } from "../../protocol/messages.ts";

/** sha-256 of the secret, hex: all that is stored of it. */
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** 256 random bits; a plain hash is enough for such a secret. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

export const formatToken = (token: JoinToken): string =>
  JOIN_TOKEN_PREFIX + Buffer.from(JSON.stringify(token)).toString("base64url");

/** Null when it is not one of ours. */
export function parseToken(text: string): JoinToken | null {
  if (!text.startsWith(JOIN_TOKEN_PREFIX)) return null;
  try {
    const parsed = JoinToken.safeParse(
      JSON.parse(Buffer.from(text.slice(JOIN_TOKEN_PREFIX.length), "base64url").toString("utf8")),
    );
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/**
 * The line to copy. It fetches the agent into a folder that only root can write, compares it with the checksum that stands in the line itself
 * and only then runs it. The gateway's certificate is of a CA that the machine does not know yet, hence `-k`: what makes the download
 * trustworthy is the checksum, and the agent itself checks the CA by the fingerprint in its token before it sends anything.
 */
export function joinCommand(input: { gatewayUrl: string; token: string; agentSha256: string | null }): string {
  const { gatewayUrl, token, agentSha256 } = input;
  // Without a checksum nothing may be downloaded and run: the line then is for machines that have the agent already.
  if (agentSha256 === null) return `nodeops-agent join --gateway ${gatewayUrl} --token ${token}`;
  const steps = [
    "set -e",
    "umask 077",
    'command -v node >/dev/null || { echo "Node.js 22.18 or newer is needed first" >&2; exit 1; }',
    "f=$(mktemp -d)/nodeops-agent.mjs",
    `curl -fsSk --retry 3 -o "$f" ${gatewayUrl}/agent/nodeops-agent.mjs`,
    `echo "${agentSha256}  $f" | sha256sum -c --quiet`,
    `exec node "$f" join --gateway ${gatewayUrl} --token ${token} --start`,
  ];
  return `$(command -v sudo) sh -c '${steps.join("; ")}'`;
}
