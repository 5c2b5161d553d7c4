// What the command line says when it cannot go on: one sentence, one way out, one exit code.

/** Exit codes, the same for every command. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const;

/** A failure the person at the keyboard can act on. `hint` says what to do; anything else thrown is a bug and shows its stack. */
export class UserError extends Error {
  override name = "UserError";
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, hint?: string, exitCode: number = EXIT.failed, cause?: unknown) {
    super(message, { cause });
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** Error code of the operating system ("ENOSPC"), or undefined. */
export const errorCode = (err: unknown): string | undefined =>
  err instanceof Error && "code" in err && typeof err.code === "string" ? err.code : undefined;

/** Message of whatever was thrown. */
export const errorMessage = (err: unknown): string => (err instanceof Error ? err.message : String(err));
