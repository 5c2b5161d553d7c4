// `bench detect` within its network namespace: here packets can be dropped and nobody else is touched. Started by bench/detect.ts, answers by message.
import { type DetectOptions, detectInside } from "./run.ts";

const abort = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"] as const) process.on(name, () => abort.abort());

process.once("message", (options: DetectOptions & { hasNamespace: boolean }) => {
  detectInside(options, (text) => process.stderr.write(`${text}\n`), abort.signal).then(
    (found) => process.send?.({ found }, () => process.exit(0)),
    (err: unknown) =>
      process.send?.({ failed: err instanceof Error ? (err.stack ?? err.message) : String(err) }, () =>
        process.exit(1),
      ),
  );
});
