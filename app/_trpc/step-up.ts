// Step-up: a change that the server wants a proof of presence for waits here while one dialog asks the person, then goes out again by itself.
import type { TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import type { AppRouter } from "../../server/api/root.ts";

type Answer = (isConfirmed: boolean) => void;

let waiting: Answer[] = [];
let listener: ((isAsked: boolean) => void) | null = null;

/** The one dialog of the page listens here. @returns what ends it */
export function onStepUp(listen: (isAsked: boolean) => void): () => void {
  listener = listen;
  return () => {
    listener = null;
    answerStepUp(false);
  };
}

/** Says to every change that waits whether the person is there. */
export function answerStepUp(isConfirmed: boolean): void {
  const answers = waiting;
  waiting = [];
  listener?.(false);
  for (const answer of answers) answer(isConfirmed);
}

function ask(): Promise<boolean> {
  if (!listener) return Promise.resolve(false);
  return new Promise((resolve) => {
    waiting.push(resolve);
    listener?.(true);
  });
}

/** The server refused only because nobody proved lately to be there. */
export function wantsStepUp(error: unknown): boolean {
  const data = typeof error === "object" && error !== null && "data" in error ? error.data : null;
  const details = typeof data === "object" && data !== null && "details" in data ? data.details : null;
  return typeof details === "object" && details !== null && "stepUp" in details && details.stepUp === true;
}

/** Before the link that talks to the server. */
export const stepUpLink: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) =>
    observable((observer) => {
      let current: { unsubscribe: () => void } | null = null;
      const run = (isSecond: boolean): void => {
        current = next(op).subscribe({
          next: (value) => observer.next(value),
          complete: () => observer.complete(),
          error: (error) => {
            if (isSecond || op.type !== "mutation" || !wantsStepUp(error)) return observer.error(error);
            void ask().then((isConfirmed) => (isConfirmed ? run(true) : observer.error(error)));
          },
        });
      };
      run(false);
      return () => current?.unsubscribe();
    });
