// The catalogue, checks of one's own, and what is muted.
"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import type { ReactNode } from "react";
import { useCan } from "../../../_lib/use-me.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { Button, ButtonLink } from "../../../_ui/button.tsx";
import { EmptyState } from "../../../_ui/feedback.tsx";
import { ListTools, PagedTable } from "../../../_ui/list-frame.tsx";
import { Segmented } from "../../../_ui/list-tools.tsx";
import { MuteDrawer } from "../../../_ui/mute-drawer.tsx";
import { useMuteColumns } from "../../../_ui/mute-list.tsx";
import { PageHeader } from "../../../_ui/page-parts.tsx";
import { Tabs } from "../../../_ui/tabs.tsx";
import { CheckCatalogue } from "./check-catalogue.tsx";
import { OwnChecks } from "./own-checks.tsx";

const muteStates = ["active", "over", "all"] as const;
const params = {
  tab: parseAsString.withDefault("all"),
  mutes: parseAsStringLiteral(muteStates).withDefault("active"),
  page: parseAsInteger.withDefault(1),
  open: parseAsString,
};

function Mutes(): ReactNode {
  const t = useTranslations("mutes");
  const trpc = useTRPC();
  const [url, setUrl] = useQueryStates(params);
  const columns = useMuteColumns();
  const list = useQuery(
    trpc.mutes.list.queryOptions({ state: url.mutes, page: url.page }, { placeholderData: keepPreviousData }),
  );
  return (
    <>
      <ListTools>
        <Segmented
          label={t("state")}
          value={url.mutes}
          onChange={(mutes) => void setUrl({ mutes, page: null })}
          options={muteStates.map((value) => ({ value, label: t(`showing.${value}`) }))}
        />
      </ListTools>
      <PagedTable
        caption={t("title")}
        query={list}
        columns={columns}
        rowKey={(mute) => mute.id}
        onPage={(page) => void setUrl({ page })}
        skeletonRows={4}
        empty={<EmptyState title={t("none")}>{t("noneHint")}</EmptyState>}
      />
    </>
  );
}

export function Checks(): ReactNode {
  const t = useTranslations();
  const [url, setUrl] = useQueryStates(params);
  const mayWrite = useCan("checks:write");
  const mayMute = useCan("findings:write");
  const close = (): void => void setUrl({ open: null });
  return (
    <>
      <PageHeader
        title={t("nav.checks")}
        lead={t("checks.lead")}
        actions={
          <>
            {mayMute && <Button onClick={() => void setUrl({ open: "mute" })}>{t("mutes.mute")}</Button>}
            {mayWrite && (
              <ButtonLink href="/checks/editor">
                <Plus aria-hidden /> {t("checks.new")}
              </ButtonLink>
            )}
          </>
        }
      />
      <Tabs
        label={t("nav.checks")}
        value={url.tab}
        onChange={(tab) => void setUrl({ tab, page: null })}
        tabs={[
          { id: "all", label: t("checks.catalogue"), content: () => <CheckCatalogue /> },
          { id: "own", label: t("checks.ownTab"), content: () => <OwnChecks /> },
          { id: "mutes", label: t("mutes.title"), content: () => <Mutes /> },
        ]}
      />
      <MuteDrawer
        of={{ checkId: "", selector: "", subject: "" }}
        open={url.open === "mute" && mayMute}
        onClose={close}
      />
    </>
  );
}
