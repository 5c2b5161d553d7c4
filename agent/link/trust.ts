// Takes over a newer trust document: only when a key that is trusted already has signed it, only a later one, and on disk before it counts.
import { openTrust, type TrustDocument, trustToJson } from "../../protocol/trust.ts";
import type { Log } from "../host/log.ts";
import { type Own, type StatePaths, saveIdentity } from "../state.ts";

/** @returns whether it was taken over; then `own` trusts what it lists and nothing else */
export function takeTrust(own: Own, document: TrustDocument, paths: StatePaths, log: Log): boolean {
  const content = openTrust(document, own.trust.commandKeys);
  if (!content) {
    log("error", "a trust document was refused: no trusted key has signed it", { serial: own.trust.serial });
    return false;
  }
  if (content.serial <= own.trust.serial) return false;
  const identity = { ...own.identity, trust: trustToJson(document) };
  saveIdentity(paths, identity);
  own.identity = identity;
  own.trust = content;
  log("warn", "new trust document", {
    serial: content.serial,
    commandKeys: Object.keys(content.commandKeys),
    authorities: content.cas.length,
  });
  return true;
}
