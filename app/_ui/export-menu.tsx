// Export of the list as it is filtered now.
"use client";
import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { DropdownMenu } from "radix-ui";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import { download, readAll, toCsv } from "../_lib/export.ts";
import { readError } from "../_trpc/errors.ts";
import { Button } from "./button.tsx";

/** @param read one page of 200 rows of the current list */
export function ExportMenu<Row extends object>(props: {
  name: string;
  read: (page: number) => Promise<{ rows: Row[]; total: number }>;
}): ReactNode {
  const t = useTranslations("common");
  const [isBusy, setBusy] = useState(false);
  const run = async (format: "csv" | "json"): Promise<void> => {
    setBusy(true);
    try {
      const rows = await readAll(props.read);
      if (format === "json") download(`${props.name}.json`, "application/json", JSON.stringify(rows, null, 2));
      else download(`${props.name}.csv`, "text/csv", toCsv(rows.map((row) => Object.fromEntries(Object.entries(row)))));
    } catch (error) {
      toast.error(t("exportFailed"), { description: readError(error).message });
    }
    setBusy(false);
  };
  const item = "flex h-8 cursor-pointer items-center rounded-sm px-2 outline-none data-[highlighted]:bg-sunken";
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button look="ghost" size="icon" aria-label={t("export")} title={t("export")} disabled={isBusy}>
          <Download aria-hidden />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          className="z-50 min-w-32 animate-fade rounded-md border bg-surface p-1 shadow-float"
        >
          <DropdownMenu.Item className={item} onSelect={() => void run("csv")}>
            CSV
          </DropdownMenu.Item>
          <DropdownMenu.Item className={item} onSelect={() => void run("json")}>
            JSON
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
