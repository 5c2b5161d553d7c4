// The organisation's sign-in as the environment sets it; nothing can be changed here.
"use client";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useTRPC } from "../../../_trpc/client.ts";
import { EmptyState, QueryView, TableSkeleton } from "../../../_ui/feedback.tsx";
import { Facts, Panel, Section } from "../../../_ui/page-parts.tsx";

export function IdentityProvider(): ReactNode {
  const t = useTranslations("settings.provider");
  const tRole = useTranslations("shell.role");
  const trpc = useTRPC();
  const provider = useQuery(trpc.accounts.identityProvider.queryOptions());
  return (
    <Section title={t("title")} note={t("note")}>
      <Panel>
        <QueryView query={provider} skeleton={<TableSkeleton rows={1} />}>
          {(set) =>
            set ? (
              <Facts
                className="p-4"
                items={[
                  { label: t("issuer"), value: set.issuer },
                  { label: t("client"), value: set.clientId },
                  { label: t("claim"), value: set.roleClaim },
                  { label: t("map"), value: set.roles.map(({ name, role }) => `${name} → ${tRole(role)}`).join(", ") },
                  { label: t("others"), value: set.fallbackRole ? t("othersViewer") : t("othersNo") },
                ]}
              />
            ) : (
              <EmptyState className="py-6" title={t("none")}>
                {t("noneHint")}
              </EmptyState>
            )
          }
        </QueryView>
      </Panel>
    </Section>
  );
}
