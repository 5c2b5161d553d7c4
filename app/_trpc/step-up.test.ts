import { TRPCClientError } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { expect, test } from "vitest";
import { answerStepUp, onStepUp, stepUpLink, wantsStepUp } from "./step-up.ts";

const refused = (details: unknown) =>
  Object.assign(new TRPCClientError("Confirm first that it is you."), { data: { code: "FORBIDDEN", details } });

/** Sends one call through the link to a server that refuses the first `refusals` times. */
function send(type: "mutation" | "query", refusals: number, details: unknown = { stepUp: true }) {
  let calls = 0;
  const link = stepUpLink({} as never);
  const op = { id: 1, type, path: "x", input: null, context: {}, signal: null };
  const outcome = new Promise((resolve) =>
    link({
      op,
      next: () =>
        observable((observer) => {
          calls += 1;
          if (calls <= refusals) observer.error(refused(details) as never);
          else {
            observer.next({ result: { type: "data", data: "done" } });
            observer.complete();
          }
        }),
    }).subscribe({ next: (value) => resolve(value.result), error: resolve }),
  );
  return { outcome, calls: () => calls };
}

test("only the wish for a proof is one", () => {
  expect(wantsStepUp(refused({ stepUp: true }))).toBe(true);
  for (const other of [refused(null), refused({}), new Error("x"), null, { data: null }])
    expect(wantsStepUp(other)).toBe(false);
});

test("a change waits for the person, then goes out again; two at once ask once each and both go", async () => {
  const asked: boolean[] = [];
  const end = onStepUp((isAsked) => asked.push(isAsked));
  const [first, second] = [send("mutation", 1), send("mutation", 1)];
  expect(asked).toEqual([true, true]);
  answerStepUp(true);
  expect(await Promise.all([first.outcome, second.outcome])).toEqual([
    { type: "data", data: "done" },
    { type: "data", data: "done" },
  ]);
  end();
});

test("who says no, a second refusal, a read and another error fail as they are", async () => {
  const end = onStepUp((isAsked) => isAsked && queueMicrotask(() => answerStepUp(true)));
  const again = send("mutation", 2);
  expect(await again.outcome).toBeInstanceOf(TRPCClientError);
  expect(again.calls()).toBe(2);
  expect(send("query", 1).calls()).toBe(1);
  expect(await send("mutation", 1, {}).outcome).toBeInstanceOf(TRPCClientError);
  end();
  const unheard = send("mutation", 1); // no dialog on this page
  expect(await unheard.outcome).toBeInstanceOf(TRPCClientError);
});
