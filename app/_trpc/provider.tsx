// Query cache and API client of the whole console. A call that fails for want of a session leads to the sign-in page and back.
"use client";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, httpLink, splitLink } from "@trpc/client";
import { type ReactNode, useState } from "react";
import type { AppRouter } from "../../server/api/root.ts";
import { leaveToSignIn } from "../_lib/leave.ts";
import { TRPCProvider } from "./client.ts";
import { mayRetry, needsSignIn } from "./errors.ts";
import { stepUpLink } from "./step-up.ts";
import { StepUpDialog } from "./step-up-dialog.tsx";
import { transformer } from "./transformer.ts";

/** Longest URL of a batched read, and most reads in one; beyond it the batch is split. The server refuses more than 20. */
const URL_LENGTH_MAX = 12_000;
const BATCH_MAX = 20;

const makeQueryClient = (): QueryClient =>
  new QueryClient({
    queryCache: new QueryCache({ onError: (error) => needsSignIn(error) && leaveToSignIn() }),
    defaultOptions: {
      queries: {
        // Change hints say when something is stale; this only spares a second read while pages change.
        staleTime: 5_000,
        retry: (failures, error) => failures < 2 && mayRetry(error),
        refetchOnWindowFocus: true,
      },
    },
  });

/** Provides `useTRPC` and the query cache. */
export function ApiProvider({ children }: { children: ReactNode }): ReactNode {
  const [queryClient] = useState(makeQueryClient);
  const [trpcClient] = useState(() =>
    createTRPCClient<AppRouter>({
      links: [
        stepUpLink,
        splitLink({
          // A plan with a configuration file in it is longer than any address.
          condition: ({ path }) => path === "rollouts.preview",
          true: httpLink({ url: "/api/trpc", transformer, methodOverride: "POST" }),
          false: httpBatchLink({ url: "/api/trpc", transformer, maxURLLength: URL_LENGTH_MAX, maxItems: BATCH_MAX }),
        }),
      ],
    }),
  );
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        {children}
        <StepUpDialog />
      </TRPCProvider>
    </QueryClientProvider>
  );
}
