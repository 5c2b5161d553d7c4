// When the node asks for a new certificate: at two thirds of its life, and soon after the fleet's CA was changed. Each agent at another moment.
import { messageOf } from "../host/errors.ts";
import type { Log } from "../host/log.ts";
import { type Own, type StatePaths, saveIdentity } from "../state.ts";
import { isIssuerOld, isRenewalDue, renew } from "./renew.ts";

/** How often the certificate's age is looked at, ms. */
const LOOK_MS = 3_600_000;
/** After a change of the CA agents renew spread over this, ms; a refusal is tried again after as long. */
const SPREAD_MS = 120_000;

export type RenewalOptions = {
  own: Own;
  paths: StatePaths;
  log: Log;
  isConnected: () => boolean;
  onRenewed: () => void;
  /** For tests. */
  spreadMs?: number;
};

export class RenewalClock {
  readonly #options: RenewalOptions;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  start(): void {
    if (isIssuerOld(this.#options.own.identity.certificate, this.#options.own.trust)) this.lookSoon();
    else this.#lookAfter(LOOK_MS * (0.5 + Math.random()));
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** The trust document changed. */
  lookSoon(): void {
    this.#lookAfter((this.#options.spreadMs ?? SPREAD_MS) * Math.random());
  }

  #lookAfter(ms: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#look(), ms);
  }

  async #look(): Promise<void> {
    const { own, paths, log, isConnected, onRenewed } = this.#options;
    const isPressing = isIssuerOld(own.identity.certificate, own.trust);
    if (!isPressing && !isRenewalDue(own.identity.certificate, Date.now())) return this.start();
    if (!isConnected()) return this.lookSoon();
    try {
      const { certificate, keyPem } = await renew(own);
      const identity = { ...own.identity, certificate };
      saveIdentity(paths, identity, keyPem);
      own.identity = identity; // used from the next connection on
      own.keyPem = keyPem;
      log("info", "certificate renewed");
      onRenewed();
      this.#lookAfter(LOOK_MS * (0.5 + Math.random()));
    } catch (err) {
      log("warn", "certificate not renewed", { error: messageOf(err) });
      this.lookSoon();
    }
  }
}
