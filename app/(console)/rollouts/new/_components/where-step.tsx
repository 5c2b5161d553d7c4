// Step 2: where it goes. How many nodes, which ones, how they are spread, and who is left out and why, while one types.
"use client";
import Link from "next/link";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { parseSelector } from "../../../../../selectors/parse.ts";
import type { RolloutPreview } from "../../../../../server/rollouts/schema.ts";
import { count } from "../../../../_lib/format.ts";
import { useText } from "../../../../_lib/use-text.ts";
import { Skeleton } from "../../../../_ui/feedback.tsx";
import { AreaField, Field } from "../../../../_ui/field.tsx";
import { Panel, Section } from "../../../../_ui/page-parts.tsx";
import type { StepProps } from "./steps.ts";

type FieldsProps = { typed: Record<string, string>; put: (name: string, value: string) => void; props: StepProps };

/** Which nodes at all: selector, list, check. */
function Which({ typed, put, props }: FieldsProps): ReactNode {
  const t = useTranslations("wizard");
  const text = useText();
  const selector = typed.selector ?? "";
  const parsed = selector.trim() === "" ? null : parseSelector(selector);
  return (
    <div className="flex flex-col gap-4">
      <Field
        label={t("selector")}
        value={selector}
        onChange={(event) => put("selector", event.target.value)}
        placeholder="pool=web zone!=b"
        className="font-mono text-xs"
        maxLength={2_000}
        autoComplete="off"
        hint={t("selectorHint")}
        fault={parsed && !parsed.ok ? text(parsed.error) : null}
      />
      <AreaField
        label={t("nodes")}
        value={typed.nodes ?? ""}
        onChange={(event) => put("nodes", event.target.value)}
        rows={2}
        className="font-mono text-xs"
        hint={t("nodesHint")}
        fault={props.faults["where.nodes"]}
      />
      <AreaField
        label={t("exclude")}
        value={typed.exclude ?? ""}
        onChange={(event) => put("exclude", event.target.value)}
        rows={2}
        className="font-mono text-xs"
        fault={props.faults["where.exclude"]}
      />
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-3">
        <Field
          label={t("percentage")}
          inputMode="decimal"
          value={typed.percentage ?? ""}
          placeholder="100"
          onChange={(event) => put("percentage", event.target.value)}
          hint={t("percentageHint")}
          fault={props.faults["where.percentage"]}
        />
        <Field
          label={t("limit")}
          inputMode="numeric"
          value={typed.limit ?? ""}
          placeholder={t("noLimit")}
          onChange={(event) => put("limit", event.target.value)}
          fault={props.faults["where.limit"]}
        />
        <Field
          label={t("checkId")}
          value={typed.checkId ?? ""}
          className="font-mono text-xs"
          placeholder={t("any")}
          autoComplete="off"
          onChange={(event) => put("checkId", event.target.value)}
          hint={t("checkHint")}
          fault={props.faults["where.checkId"]}
        />
      </div>
    </div>
  );
}

const narrowing = ["kernels", "runtimes", "archs", "products", "applications"] as const;

/** Conditions by what nodes are like; folded while none is set. */
function Like({ typed, put, props }: FieldsProps): ReactNode {
  const t = useTranslations("wizard");
  return (
    <details
      open={narrowing.some((name) => typed[name]) || undefined}
      className="rounded-md border bg-surface px-3 py-1.5"
    >
      <summary className="font-medium">{t("like")}</summary>
      <p className="mt-1 mb-3 text-muted text-xs">{t("likeHint")}</p>
      <div className="grid grid-cols-1 gap-4 pb-2 sm:grid-cols-2">
        {narrowing.map((name) => (
          <Field
            key={name}
            label={t(`like_${name}`)}
            value={typed[name] ?? ""}
            onChange={(event) => put(name, event.target.value)}
            placeholder={t(`like_${name}_example`)}
            className="font-mono text-xs"
            autoComplete="off"
            fault={props.faults[`where.${name}`]}
          />
        ))}
      </div>
    </details>
  );
}

function Spread({ spread }: Pick<RolloutPreview, "spread">): ReactNode {
  const t = useTranslations("nodes");
  const locale = useLocale();
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3">
      {(["pool", "zone", "kernel", "runtime"] as const).map((by) => (
        <div key={by} className="min-w-0">
          <dt className="text-muted text-xs">{t(by)}</dt>
          {spread[by].slice(0, 5).map((one) => (
            <dd key={one.value} className="flex items-baseline gap-2">
              <span className="min-w-0 flex-1 truncate" title={one.value}>
                {one.value || "–"}
              </span>
              <span className="tabular text-muted">{count(one.count, locale)}</span>
            </dd>
          ))}
          {spread[by].length > 5 && <dd className="text-muted text-xs">+ {spread[by].length - 5}</dd>}
        </div>
      ))}
    </dl>
  );
}

/** Those left out, by reason, with some names. */
export function Skipped({ preview }: { preview: RolloutPreview }): ReactNode {
  const t = useTranslations("rollouts");
  const locale = useLocale();
  const reasons = Object.entries(preview.skipped) as [keyof typeof preview.skipped, number][]; // entries lose the key's type
  if (reasons.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1">
      {reasons.map(([reason, n]) => {
        const names = preview.skippedSample.filter((one) => one.reason === reason).map(({ name }) => name);
        return (
          <li key={reason}>
            <span className="tabular font-medium">{count(n, locale)}</span> {t(`skip.${reason}`)}
            {names.length > 0 && (
              <span className="text-muted">
                {": "}
                {names.slice(0, 4).join(", ")}
                {n > 4 && " …"}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** What the selection means now. */
function Found({ preview, isAsking, refusal }: StepProps): ReactNode {
  const t = useTranslations("wizard");
  const locale = useLocale();
  if (refusal) return <p className="text-unhealthy">{refusal}</p>;
  if (!preview) return isAsking ? <Skeleton className="h-40" /> : <p className="text-muted">{t("noneYet")}</p>;
  return (
    <div aria-busy={isAsking}>
      <p aria-live="polite" className="mb-3">
        <span className={preview.count === 0 ? "font-semibold text-degraded text-lg" : "font-semibold text-lg"}>
          {t("nodesFound", { count: preview.count, shown: count(preview.count, locale) })}
        </span>{" "}
        {preview.selected > preview.count && (
          <span className="text-muted">{t("ofSelected", { selected: count(preview.selected, locale) })}</span>
        )}
      </p>
      <div className="flex flex-col gap-4">
        <Skipped preview={preview} />
        {preview.count > 0 && <Spread spread={preview.spread} />}
        {preview.sample.length > 0 && (
          <div>
            <p className="mb-1 text-muted text-xs">{t("sample")}</p>
            <ul className="flex flex-col gap-1">
              {preview.sample.slice(0, 6).map((node) => (
                <li key={node.id} className="flex flex-wrap items-baseline gap-x-3">
                  <Link href={`/nodes/${node.id}`} className="font-medium hover:underline">
                    {node.name}
                  </Link>
                  <span className="text-muted text-xs">
                    {[node.pool, node.zone, node.kernel, node.runtimes].filter(Boolean).join(" · ")}
                  </span>
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </div>
  );
}

export function WhereStep(props: StepProps): ReactNode {
  const { draft, set } = props;
  const t = useTranslations("wizard");
  const put = (name: string, value: string): void => set({ where: { ...draft.where, [name]: value } });
  return (
    <div className="grid grid-cols-1 gap-x-6 gap-y-6 xl:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="flex flex-col gap-4">
        <Which typed={draft.where} put={put} props={props} />
        <Like typed={draft.where} put={put} props={props} />
      </div>
      <Section title={t("found")}>
        <Panel className="p-4">
          <Found {...props} />
        </Panel>
      </Section>
    </div>
  );
}
