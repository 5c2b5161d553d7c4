// A pool's safety budget: sick, in somebody's hands, free – as a bar, and as the sum that decides.
"use client";
import { useLocale, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { BudgetRow } from "../../server/budget/schema.ts";
import { count } from "../_lib/format.ts";
import { useText } from "../_lib/use-text.ts";

/** Parts of what may be away at once; more than that is drawn full. */
export function BudgetBar({ budget }: { budget: BudgetRow }): ReactNode {
  const t = useTranslations("budget");
  const locale = useLocale();
  const { sick, leased, max, free } = budget;
  const whole = Math.max(1, max, sick + leased);
  const parts = [
    { id: "sick", n: sick, className: "bg-unhealthy" },
    { id: "leased", n: leased, className: "bg-accent" },
    { id: "free", n: free, className: "bg-healthy-cell" },
  ] as const;
  return (
    <div className="min-w-0">
      <div aria-hidden className="flex h-2 w-full min-w-24 gap-px overflow-hidden rounded-full bg-sunken">
        {parts.map(({ id, n, className }) =>
          n > 0 ? <span key={id} className={className} style={{ width: `${(n / whole) * 100}%` }} /> : null,
        )}
      </div>
      <p className="mt-1 flex flex-wrap gap-x-3 text-muted text-xs">
        {parts.map(({ id, n, className }) => (
          <span key={id} className="inline-flex items-center gap-1 whitespace-nowrap">
            <span aria-hidden className={`size-2 rounded-full ${className}`} />
            {t(id)} <span className="tabular text-text">{count(n, locale)}</span>
          </span>
        ))}
        <span className="whitespace-nowrap">{t("ofMost", { max: count(max, locale) })}</span>
      </p>
    </div>
  );
}

/** Pools with their sums, as a list. */
export function BudgetSums({ budgets }: { budgets: readonly BudgetRow[] }): ReactNode {
  const text = useText();
  return (
    <ul className="flex flex-col gap-3">
      {budgets.map((budget) => (
        <li key={budget.pool}>
          <p className="mb-1 break-words">{text(budget.sum)}</p>
          <BudgetBar budget={budget} />
        </li>
      ))}
    </ul>
  );
}
