// Who is signed in, and what they may do: the same table the server enforces, read here only to hide what would be refused.
"use client";
import { useQuery } from "@tanstack/react-query";
import type { Me } from "../../server/accounts/schema.ts";
import type { Permission } from "../../server/core/access.ts";
import { useTRPC } from "../_trpc/client.ts";

/** The signed-in account, undefined while it is read. */
export function useMe(): Me | undefined {
  const trpc = useTRPC();
  return useQuery(trpc.accounts.me.queryOptions(undefined, { staleTime: 60_000 })).data;
}

/** Whether this is allowed anywhere; false until it is known. */
export const useCan = (permission: Permission): boolean => useMe()?.permissions.includes(permission) ?? false;
