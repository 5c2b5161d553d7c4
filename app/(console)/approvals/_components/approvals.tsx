// The page of approvals: two tabs, the queue first.
"use client";
import { useTranslations } from "next-intl";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { useCan } from "../../../_lib/use-me.ts";
import { PageHeader } from "../../../_ui/page-parts.tsx";
import { Tabs } from "../../../_ui/tabs.tsx";
import { Keys } from "./keys.tsx";
import { Waiting } from "./waiting.tsx";

const shown = ["waiting", "keys"] as const;

export function Approvals(): ReactNode {
  const t = useTranslations();
  const mayRead = useCan("keys:read");
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(shown).withDefault("waiting"));
  const keys = { id: "keys", label: t("approvals.keys"), content: () => <Keys /> };
  return (
    <>
      <PageHeader title={t("nav.approvals")} />
      <Tabs
        label={t("nav.approvals")}
        value={tab}
        onChange={(id) => void setTab(shown.find((one) => one === id) ?? "waiting")}
        tabs={[
          { id: "waiting", label: t("approvals.waiting"), content: () => <Waiting /> },
          ...(mayRead ? [keys] : []),
        ]}
      />
    </>
  );
}
