// The process behind `up --detach`: runs the same start, tells its parent over IPC, then lives on without it.
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import type { UpEvent, UpOptions } from "../up/options.ts";
import { runUp } from "../up/run.ts";

export const run: Run<object> = async ([json]) => {
  const options: UpOptions = JSON.parse(json ?? "{}");
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => abort.abort());
  process.on("SIGHUP", () => undefined); // the terminal it was started from is none of its business
  process.on("disconnect", () => undefined);
  const emit = (event: UpEvent) => {
    // The parent leaves once everything serves; supervisor.log keeps the rest.
    if (process.connected) process.send?.(event, undefined, undefined, () => undefined);
  };
  try {
    await runUp(options, emit, abort.signal);
    return EXIT.ok;
  } catch (err) {
    const known = err instanceof UserError ? err : undefined;
    if (!known) console.error(err);
    emit({
      type: "failed",
      message: known?.message ?? String(err),
      hint: known?.hint,
      exitCode: known?.exitCode ?? EXIT.failed,
    });
    return EXIT.failed;
  } finally {
    // The last message must be out before the channel closes.
    setTimeout(() => process.connected && process.disconnect(), 100);
  }
};
