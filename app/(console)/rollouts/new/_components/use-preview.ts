// What a draft would do, asked again whenever the typing pauses. It writes nothing.
"use client";
import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { PlanRolloutInput, RolloutPreview } from "../../../../../server/rollouts/schema.ts";
import { useSettled } from "../../../../_lib/use-settled.ts";
import { useTRPCClient } from "../../../../_trpc/client.ts";

/** Pause after the last key before it is asked, ms. */
const TYPING_MS = 350;
/** Health and budget change by themselves: a preview that is looked at is asked again, ms. */
const REREAD_MS = 20_000;

/** @param plan null while the draft means none: nothing is asked */
export function usePreview(plan: PlanRolloutInput | null): UseQueryResult<RolloutPreview> & { isAsking: boolean } {
  const client = useTRPCClient();
  const key = JSON.stringify(plan);
  const settled = useSettled(key, TYPING_MS);
  const asked = plan !== null && settled === key;
  const query = useQuery({
    queryKey: ["rollout-preview", settled],
    queryFn: () => {
      const asks: PlanRolloutInput | null = JSON.parse(settled);
      if (!asks) throw new Error("no plan to ask for");
      return client.rollouts.preview.query(asks);
    },
    enabled: asked,
    placeholderData: keepPreviousData,
    refetchInterval: REREAD_MS,
    retry: false,
  });
  return { ...query, isAsking: query.isFetching || (plan !== null && settled !== key) };
}
