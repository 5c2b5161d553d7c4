// The draft as it lives: in this browser, so that a reload loses nothing; begun from a link where one says what for.
"use client";
import { useCallback, useEffect, useState } from "react";
import { PlanRollout } from "../../../../../server/rollouts/schema.ts";
import { useTRPCClient } from "../../../../_trpc/client.ts";
import { namesOf } from "../../../../_ui/rollout-links.ts";
import { type Draft, draftOf, emptyDraft, parseDraft } from "./draft.ts";
import { fieldsOfKind, type KindForm, useKinds } from "./kinds.ts";
import { typeParams } from "./param-fields.ts";

const KEY = "nodeops-rollout-draft";

/** What a link may say: kind and p (its parameters as JSON), check, where (a selector), nodes; or template or again (ids). */
const LINK = ["kind", "p", "check", "where", "nodes", "template", "again"] as const;

const draftOfPlan = (plan: PlanRollout, kinds: readonly KindForm[]): Draft =>
  draftOf(plan, typeParams(fieldsOfKind(kinds, plan.change.kind), plan.change.params));

function readParams(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function fromLink(link: URLSearchParams, kinds: readonly KindForm[]): Draft {
  const plan = PlanRollout.safeParse({
    change: { kind: link.get("kind") ?? "", params: readParams(link.get("p")) },
    where: {
      selector: link.get("where") ?? "",
      nodes: namesOf(link.get("nodes")),
      checkId: link.get("check"),
    },
  });
  return plan.success ? draftOfPlan(plan.data, kinds) : emptyDraft;
}

type Drafted = { draft: Draft | null; set: (change: Partial<Draft>) => void; discard: () => void; error: unknown };

/** `draft` is null until it is known. */
export function useDraft(): Drafted {
  const client = useTRPCClient();
  const kinds = useKinds();
  const [draft, setDraft] = useState<Draft | null>(null);
  const [error, setError] = useState<unknown>(null);

  useEffect(() => {
    const link = new URLSearchParams(window.location.search);
    const begin = async (): Promise<Draft> => {
      const template = link.get("template");
      const again = link.get("again");
      if (template) {
        const found = (await client.rollouts.templates.query()).find(({ id }) => id === template);
        return found ? { ...draftOfPlan(found.definition, kinds), templateId: found.id } : emptyDraft;
      }
      if (again) {
        const { title, change, where, policy, lane, reason } = await client.rollouts.get.query({ id: again });
        const { version: _v, firstRatio: _r, driftMaxRatio: _d, judgeSilentMs: _s, lane: _l, ...set } = policy;
        return draftOfPlan(PlanRollout.parse({ title, change, where, policy: set, lane, reason }), kinds);
      }
      if (LINK.some((name) => link.has(name))) return fromLink(link, kinds);
      return parseDraft(localStorage.getItem(KEY)) ?? emptyDraft;
    };
    begin().then(
      (made) => {
        setDraft(made);
        for (const name of LINK) link.delete(name);
        const rest = link.toString();
        window.history.replaceState(window.history.state, "", rest ? `?${rest}` : window.location.pathname);
      },
      (cause: unknown) => {
        setError(cause);
        setDraft(emptyDraft);
      },
    );
  }, [client, kinds]);

  useEffect(() => {
    if (draft) localStorage.setItem(KEY, JSON.stringify(draft));
  }, [draft]);

  const set = useCallback(
    (change: Partial<Draft>) => setDraft((before) => ({ ...(before ?? emptyDraft), ...change })),
    [],
  );
  const discard = useCallback(() => {
    localStorage.removeItem(KEY);
    setDraft(emptyDraft);
  }, []);
  return { draft, set, discard, error };
}
