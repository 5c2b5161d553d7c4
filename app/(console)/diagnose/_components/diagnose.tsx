// The tabs of the self-service page; reviewers have one more.
"use client";
import { useTranslations } from "next-intl";
import { parseAsString, useQueryStates } from "nuqs";
import type { ReactNode } from "react";
import { useCan } from "../../../_lib/use-me.ts";
import { PageHeader } from "../../../_ui/page-parts.tsx";
import { Tabs } from "../../../_ui/tabs.tsx";
import { Applications } from "./applications.tsx";
import { Ask } from "./ask.tsx";
import { Cases } from "./cases.tsx";
import { Review } from "./review.tsx";

export function Diagnose(): ReactNode {
  const t = useTranslations("diagnose");
  const tNav = useTranslations("nav");
  const mayReview = useCan("diagnosis:review");
  const mayReadContainers = useCan("containers:read");
  const [{ tab }, setUrl] = useQueryStates({ tab: parseAsString.withDefault("ask") });
  return (
    <>
      <PageHeader title={tNav("diagnose")} lead={t("lead")} />
      <Tabs
        label={t("parts")}
        value={tab}
        onChange={(id) => void setUrl({ tab: id === "ask" ? null : id })}
        tabs={[
          { id: "ask", label: t("askTab"), content: () => <Ask /> },
          ...(mayReadContainers
            ? [{ id: "applications", label: t("applications"), content: () => <Applications /> }]
            : []),
          { id: "cases", label: t("cases"), content: () => <Cases /> },
          ...(mayReview ? [{ id: "review", label: t("review"), content: () => <Review /> }] : []),
        ]}
      />
    </>
  );
}
