// The trust document at work in the gateway: authority and TLS follow it, and a newer one goes to every agent at once.

import { type Authority, openAuthority } from "../server/agents/ca.ts";
import type { Logger } from "../server/core/log.ts";
import { caFingerprint, type Trust } from "../server/trust/document.ts";
import type { SessionTable } from "./session-table.ts";

/** How often the file is looked at, ms. */
const POLL_MS = 2_000;
/** Agents whose certificate is of a CA that counts no more come back spread over this, ms. */
const RECONNECT_MS = 5_000;

export type TrustWatch = {
  /** The document that this gateway acts by; its authority fits it. */
  trust: () => Trust;
  authority: () => Authority;
  /** Looks now; true when there was a newer one. */
  refresh: () => Promise<boolean>;
  stop: () => void;
};

/**
 * Starts with the present document and looks for newer ones.
 * @param onChange runs after each change, before agents are told
 * @throws Error when there is no document, or its CA's key is not here
 */
export async function watchTrust(input: {
  dataDir: string;
  load: () => Trust;
  table: SessionTable;
  onChange: (trust: Trust, before: Trust) => Promise<void>;
  log: Logger;
}): Promise<TrustWatch> {
  const { dataDir, load, table, onChange, log } = input;
  let trust = load();
  let authority = await openAuthority(dataDir, trust.content);
  let running: Promise<boolean> | null = null;

  async function look(): Promise<boolean> {
    const found = load();
    // A lower serial is no agent's business; a gateway that followed it would lock the newer ones out.
    if (found.content.serial <= trust.content.serial) return false;
    const before = { trust, authority };
    authority = await openAuthority(dataDir, found.content);
    trust = found;
    try {
      await onChange(found, before.trust);
    } catch (err) {
      ({ trust, authority } = before); // as a whole or not at all: the next look tries again
      throw err;
    }
    log.warn({ serial: found.content.serial }, "new trust document");
    const valid = new Set(found.content.cas.map(caFingerprint));
    for (const session of table.all()) {
      session.send({ type: "trust", document: found.document });
      if (!valid.has(session.ca)) session.drain(Math.round(Math.random() * RECONNECT_MS));
    }
    return true;
  }

  const refresh = (): Promise<boolean> => {
    running ??= look()
      .catch((err: unknown) => {
        log.error(
          { err: err instanceof Error ? err.message : String(err) },
          "the trust document could not be taken over",
        );
        return false;
      })
      .finally(() => {
        running = null;
      });
    return running;
  };
  const timer = setInterval(refresh, POLL_MS);
  return { trust: () => trust, authority: () => authority, refresh, stop: () => clearInterval(timer) };
}
