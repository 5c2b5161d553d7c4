// Who is signed in, and what that role may do: the same table the server enforces, read here only to hide what would be refused.
"use client";
import { useQuery } from "@tanstack/react-query";
import type { Me } from "../../server/accounts/schema.ts";
import { can, type Permission } from "../../server/core/access.ts";
import { useTRPC } from "../_trpc/client.ts";

/** The signed-in account, undefined while it is read. */
export function useMe(): Me | undefined {
  const trpc = useTRPC();
  return useQuery(trpc.accounts.me.queryOptions(undefined, { staleTime: 60_000 })).data;
}

/** Whether the signed-in role may do this; false until it is known. */
export const useCan = (permission: Permission): boolean => can(useMe()?.role, permission);
