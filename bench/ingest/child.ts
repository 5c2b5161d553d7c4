// A process of `bench ingest` as the bench sees it: started, asked, ended.
import { type ChildProcess, fork } from "node:child_process";

type Said = { type: string };
/** It is killed when it has not ended by itself, ms. */
const STOP_MAX_MS = 20_000;

/** `In` is what it is told, `Out` what it says; "failed" with a message ends the question with an error. */
export class Child<In extends Said, Out extends Said> {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal;

  constructor(file: string, signal: AbortSignal, execArgv: string[] = []) {
    this.#child = fork(file, [], { execArgv: ["--disable-warning=ExperimentalWarning", ...execArgv] });
    this.#signal = signal;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @throws Error when it fails, ends, or the bench is interrupted */
  ask<Type extends Out["type"]>(message: In, type: Type): Promise<Extract<Out, { type: Type }>> {
    return new Promise((resolve, reject) => {
      const onMessage = (got: Said & { message?: string }) => {
        if (got.type === "failed") done(() => reject(new Error(got.message)));
        if (got.type === type) done(() => resolve(got as Extract<Out, { type: Type }>)); // its type was compared
      };
      const onExit = () => done(() => reject(new Error("a process of the bench ended")));
      const onAbort = () => done(() => reject(this.#signal.reason));
      const done = (act: () => void) => {
        this.#child.off("message", onMessage).off("exit", onExit);
        this.#signal.removeEventListener("abort", onAbort);
        act();
      };
      this.#child.on("message", onMessage).once("exit", onExit);
      this.#signal.addEventListener("abort", onAbort, { once: true });
      if (this.#signal.aborted) return onAbort();
      this.#child.send(message);
    });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    if (this.#child.connected) this.#child.disconnect(); // they end by themselves then, and write their profiles
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MAX_MS);
    await gone;
    clearTimeout(timer);
  }
}
