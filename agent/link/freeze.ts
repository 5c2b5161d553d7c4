// The freeze as this node knows it: set by whoever says so, lifted only by a trusted key, kept on disk so that no restart lifts it.
import { z } from "zod";
import { type CommandKeys, openFreeze, type SignedFreeze } from "../../protocol/trust.ts";
import { readText, writeDurably } from "../host/file.ts";
import type { Log } from "../host/log.ts";

const Epoch = z.number().int().min(0);
/** `proven`: the highest epoch that a signature has shown. Files of older agents do not say it: what they know counts. */
const Stored = z
  .object({ frozen: z.boolean(), epoch: Epoch, proven: Epoch.optional() })
  .transform(({ proven, ...rest }) => ({ ...rest, proven: proven ?? rest.epoch }));
type Stored = z.output<typeof Stored>;

/**
 * How far unsigned freezes, all together, may run ahead of what a signature has shown. One must be able to name a new epoch, or the lift of an older one could be played
 * again; but a gateway alone must not name one that no lift will ever reach.
 */
const UNSIGNED_AHEAD_MAX = 16;

export class FreezeKeeper {
  readonly #path: string;
  readonly #log: Log;
  #state: Stored = { frozen: false, epoch: 0, proven: 0 };

  /** A file that cannot be understood counts as frozen: somebody had a reason to write it. */
  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
    const text = readText(path);
    if (text === null) return;
    try {
      this.#state = Stored.parse(JSON.parse(text));
    } catch {
      this.#state = { frozen: true, epoch: 0, proven: 0 };
      log("error", "the freeze file is damaged: nothing is done until a lift arrives", { path });
    }
  }

  /** No command is begun while this is true. */
  get isFrozen(): boolean {
    return this.#state.frozen;
  }

  /** What the gateway says. @returns whether it changed anything */
  apply(freeze: SignedFreeze, keys: CommandKeys): boolean {
    const opened = openFreeze(freeze, keys);
    if (!opened) {
      this.#log("error", "a freeze could not be read");
      return false;
    }
    const { content, isSigned } = opened;
    const { frozen, epoch } = this.#state;
    const proven = isSigned ? Math.max(this.#state.proven, content.epoch) : this.#state.proven;
    if (content.frozen) {
      const reach = isSigned ? content.epoch : Math.min(content.epoch, proven + UNSIGNED_AHEAD_MAX);
      // A freeze that was lifted already, played again: it stops nothing that lasts, but its lift must stay good.
      return this.#keep({ frozen: true, epoch: Math.max(epoch, reach), proven });
    }
    if (!isSigned || content.epoch < epoch) {
      if (frozen)
        this.#log("warn", "still frozen: the lift is not signed, or of an older freeze", {
          epoch,
          offered: content.epoch,
        });
      return this.#keep({ ...this.#state, proven });
    }
    return this.#keep({ frozen: false, epoch: content.epoch, proven });
  }

  #keep(next: Stored): boolean {
    const { frozen, epoch, proven } = this.#state;
    if (next.frozen === frozen && next.epoch === epoch && next.proven === proven) return false;
    if (next.frozen !== frozen)
      this.#log("warn", next.frozen ? "frozen: nothing is done from now on" : "the freeze is lifted", {
        epoch: next.epoch,
      });
    if (next.frozen) this.#state = next; // stops at once, whatever the disk says
    writeDurably(this.#path, `${JSON.stringify(next)}\n`);
    this.#state = next;
    return true;
  }
}
