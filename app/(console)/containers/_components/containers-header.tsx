// Title of the containers page, in the reader's language.
"use client";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { PageHeader } from "../../../_ui/page-parts.tsx";

export function ContainersHeader(): ReactNode {
  const t = useTranslations("nav");
  return <PageHeader title={t("containers")} />;
}
