// Gates between waves that a program of somebody else's opens: it is asked by POST and says {"open": true}. Anything else is "not yet".
import { z } from "zod";
import type { Event } from "../../rollout/types.ts";
import { egressFetch } from "../core/egress.ts";
import type { Loaded } from "./rows.ts";

const TIMEOUT_MS = 5_000;
/** What comes from outside is one line of text that a database can keep. */
const Line = z
  .string()
  .max(500)
  .transform((text) =>
    text
      .toWellFormed()
      .replace(/[\p{Cc}\s]+/gu, " ")
      .trim(),
  );
const Answer = z.object({ open: z.boolean(), reason: Line.optional() });
const CIDR = /^[0-9a-fA-F.:]+\/\d{1,3}$/;

/**
 * What the operator allows (NODEOPS_WEBHOOK_ALLOW, separated by commas): beginnings of addresses ("https://gate.example.org/"), and networks (CIDR)
 * that are opened although they are not of the public internet. Nothing is allowed where nothing is set.
 */
export function allowedGates(text: string | undefined): { prefixes: string[]; networks: string[] } {
  const entries = (text ?? "").split(",").map((entry) => entry.trim());
  return {
    prefixes: entries.filter((entry) => /^https?:\/\/[^/]+\//.test(entry)),
    networks: entries.filter((entry) => CIDR.test(entry)),
  };
}

/** Whether a gate's address is one that the operator allows. Compared as the address is called: no user, no other host behind the same beginning. */
export function isAllowedGate(url: string, text: string | undefined = process.env.NODEOPS_WEBHOOK_ALLOW): boolean {
  const parsed = URL.parse(url);
  if (parsed?.username !== "" || parsed.password !== "") return false;
  return allowedGates(text).prefixes.some((prefix) => parsed.href.startsWith(prefix));
}

export type WaitingGate = { url: string; after: number; nth: number };

/** The address that a rollout waits for; null when it waits for no program. */
export function waitingGate({ policy, state }: Pick<Loaded, "policy" | "state">): WaitingGate | null {
  const { phase, stage, gate: waiting, gatesOpen: nth } = state;
  if (phase !== "running" || stage !== "gate" || waiting?.kind !== "webhook") return null;
  const { after } = waiting;
  const gate = policy.gates.filter((one) => one.after === "each" || one.after === after)[nth];
  return gate?.kind === "webhook" ? { url: gate.url, after, nth } : null;
}

/** Asks one gate. @returns the event of its opening; null while it stays closed, does not answer or is not allowed */
export async function askGate(
  { url, after, nth }: WaitingGate,
  rollout: Loaded,
  now: () => Date,
): Promise<Event | null> {
  if (!isAllowedGate(url)) return null;
  const { networks } = allowedGates(process.env.NODEOPS_WEBHOOK_ALLOW);
  const body = JSON.stringify({
    rollout: { id: rollout.id, title: rollout.title, kind: rollout.kind, targetHash: rollout.targetHash },
    wave: after,
  });
  const init = { method: "POST" as const, headers: { "content-type": "application/json" }, body };
  try {
    const answer = await egressFetch(url, init, { allow: networks, timeoutMs: TIMEOUT_MS });
    const said = answer.status === 200 ? Answer.safeParse(JSON.parse(answer.body)) : null;
    if (!said?.success || !said.data.open) return null;
    const why = said.data.reason ?? "";
    return { type: "gate", at: now().getTime(), after, nth, isOpen: true, by: url, why: { en: why, zh: why } };
  } catch (err) {
    console.warn(
      JSON.stringify({ level: "warn", msg: "a gate did not answer", rolloutId: rollout.id, err: String(err) }),
    );
    return null;
  }
}
