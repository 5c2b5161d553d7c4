// tRPC, initialised once; `expose` turns a verb into a procedure. No logic lives in routers.
import { initTRPC, TRPCError, type TRPCMutationProcedure, type TRPCQueryProcedure } from "@trpc/server";
import superjson from "superjson";
import type { z } from "zod";
import type { Context } from "../core/context.ts";
import { AppError, toAppError } from "../core/errors.ts";
import type { Verb } from "../core/verb.ts";
import { MutationBudget } from "./budget.ts";
import { inputs } from "./input.ts";

/** What a procedure's verb declares; the tests of the whole surface read it from the router. */
export type Declared = Pick<Verb<"query" | "mutation", z.ZodType, unknown>, "name" | "access" | "on" | "stepUp">;

const t = initTRPC
  .context<Context>()
  .meta<Declared>()
  .create({
    transformer: { input: inputs, output: superjson },
    errorFormatter: ({ shape, error, ctx }) => {
      const cause = error.cause instanceof AppError ? error.cause : null;
      return {
        ...shape,
        // Only text that was written for people leaves the server; a stack never does.
        message: cause
          ? cause.publicMessage
          : error.code === "INTERNAL_SERVER_ERROR"
            ? "Something went wrong on our side."
            : error.message,
        data: {
          code: shape.data.code,
          httpStatus: shape.data.httpStatus,
          path: shape.data.path,
          requestId: ctx?.requestId ?? null,
          details: cause?.details ?? null,
        },
      };
    },
  });

export const router = t.router;
const budget = new MutationBudget();

async function callVerb<O>(run: () => Promise<O>): Promise<O> {
  try {
    return await run();
  } catch (err) {
    const app = toAppError(err);
    throw new TRPCError({ code: app.trpc, message: app.publicMessage, cause: app });
  }
}

type Exposed<K, I extends z.ZodType, O> = K extends "query"
  ? TRPCQueryProcedure<{ input: z.input<I>; output: O; meta: Declared }>
  : TRPCMutationProcedure<{ input: z.input<I>; output: O; meta: Declared }>;

/** A verb as a procedure. The verb parses its own input after its access check, so the parser here only carries the type. */
export function expose<K extends "query" | "mutation", I extends z.ZodType, O>(verb: Verb<K, I, O>): Exposed<K, I, O> {
  const { name, access, on, stepUp } = verb;
  const typed = t.procedure.meta({ name, access, on, stepUp }).input((raw: unknown) => raw as z.input<I>);
  const procedure =
    verb.kind === "query"
      ? typed.query(({ ctx, input }) => callVerb(() => verb.call(ctx, input as z.input<I>)))
      : typed.mutation(({ ctx, input }) =>
          callVerb(async () => {
            budget.take(ctx.actor);
            return verb.call(ctx, input as z.input<I>);
          }),
        );
  return procedure as unknown as Exposed<K, I, O>; // `kind` decided which of the two it is
}
