// The network stack's rates of the node and of its containers as one list, so that a check finds the worst of them.
import type { FactData } from "../../protocol/facts.ts";
import { shortId } from "../text.ts";

export type Rates = NonNullable<FactData["netstack"]["host"]>;
/** `subject` is "node" or the container's id. */
export type StackRow = { subject: string; label: string; rates: Rates };

/** Node first, then containers; null before the second look. */
export function stackRows(netstack: FactData["netstack"]): StackRow[] | null {
  if (netstack.host === null) return null;
  return [
    { subject: "node", label: "node", rates: netstack.host },
    ...netstack.containers.map(({ containerId, podId, rates }) => ({
      subject: containerId,
      label: `container ${shortId(containerId)}${podId && podId !== containerId ? ` (pod ${shortId(podId)})` : ""}`,
      rates,
    })),
  ];
}

/** What to say while there are no rates yet. */
export const NO_RATES = { unknown: "rates need two looks, the agent has just started" };
