// How the agent speaks of things that went wrong: one text per error, and the two ways a command can end other than done.

/** Message of anything thrown; system errors keep their code in front ("ENOTCONN: …"). */
export function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}

/** Code of a system error ("ENOENT"), or null. */
export function codeOf(err: unknown): string | null {
  const code = err instanceof Error && "code" in err ? err.code : null;
  return typeof code === "string" ? code : null;
}

/** A command found that it must not act: nothing was touched. `code` is machine-readable, e.g. "target-changed". */
export class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "Refusal";
    this.code = code;
  }
}

/** A command tried and did not succeed. `changed` says whether the node is other than before. */
export class Failure extends Error {
  readonly code: string;
  readonly changed: boolean;
  constructor(code: string, message: string, changed: boolean) {
    super(message);
    this.name = "Failure";
    this.code = code;
    this.changed = changed;
  }
}
