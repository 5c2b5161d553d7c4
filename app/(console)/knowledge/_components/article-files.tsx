// Articles as files: out in one, in from many, with a look at what would come of them before anything is stored.
"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Download, Upload } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useRef, useState } from "react";
import { toast } from "sonner";
import { articleOfPath } from "../../../../knowledge/article-id.ts";
import type { ImportReport } from "../../../../server/knowledge/schema.ts";
import { download } from "../../../_lib/export.ts";
import { useErrorText } from "../../../_lib/use-error-text.ts";
import { useText } from "../../../_lib/use-text.ts";
import { useTRPC, useTRPCClient } from "../../../_trpc/client.ts";
import { Button } from "../../../_ui/button.tsx";
import { Modal } from "../../../_ui/drawer.tsx";

type File = { path: string; text: string };

/** Files that were chosen; an export of this page is a file that holds many. A lone file is of a cause unless its folder says otherwise. */
async function filesOf(chosen: FileList): Promise<File[]> {
  const read = await Promise.all(
    [...chosen].map(async (file) => ({ path: file.webkitRelativePath || file.name, text: await file.text() })),
  );
  return read.flatMap(({ path, text }) => {
    if (path.endsWith(".json")) return parseBundle(path, text);
    if (articleOfPath(path) || !path.endsWith(".md")) return [{ path, text }];
    return [{ path: `${/^check:/m.test(text) ? "articles" : "causes"}/${path.split("/").at(-1) ?? path}`, text }];
  });
}

function parseBundle(path: string, text: string): File[] {
  try {
    const parsed: unknown = JSON.parse(text);
    const files = (parsed as { files?: unknown } | null)?.files;
    if (Array.isArray(files))
      return files.filter((file): file is File => typeof file?.path === "string" && typeof file?.text === "string");
  } catch {
    // no JSON: said below like any other file that is no article
  }
  return [{ path, text: "" }];
}

export function ArticleFiles({ mayWrite }: { mayWrite: boolean }): ReactNode {
  const t = useTranslations("knowledge");
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const errorText = useErrorText();
  const input = useRef<HTMLInputElement>(null);
  const [trial, setTrial] = useState<{ files: File[]; report: ImportReport } | null>(null);
  const bring = useMutation(
    trpc.knowledge.import.mutationOptions({ onError: (error) => toast.error(errorText(error)) }),
  );
  const onChosen = async (chosen: FileList | null): Promise<void> => {
    if (!chosen || chosen.length === 0) return;
    const files = await filesOf(chosen);
    if (input.current) input.current.value = "";
    bring.mutate({ files, isTrial: true }, { onSuccess: (report) => setTrial({ files, report }) });
  };
  const onExport = async (): Promise<void> => {
    try {
      const exported = await client.knowledge.export.query({ origin: "all" });
      download("knowledge.json", "application/json", JSON.stringify(exported, null, 1));
    } catch (error) {
      toast.error(errorText(error));
    }
  };
  return (
    <>
      <Button look="ghost" size="icon" aria-label={t("export")} title={t("export")} onClick={() => void onExport()}>
        <Download aria-hidden />
      </Button>
      {mayWrite && (
        <>
          <Button
            look="ghost"
            size="icon"
            aria-label={t("import")}
            title={t("import")}
            disabled={bring.isPending}
            onClick={() => input.current?.click()}
          >
            <Upload aria-hidden />
          </Button>
          <input
            ref={input}
            type="file"
            multiple
            accept=".md,.json"
            aria-label={t("importFiles")}
            className="sr-only"
            tabIndex={-1}
            onChange={(event) => void onChosen(event.target.files)}
          />
        </>
      )}
      {trial && (
        <Trial
          report={trial.report}
          isBusy={bring.isPending}
          onClose={() => setTrial(null)}
          onGo={() =>
            bring.mutate(
              { files: trial.files, isTrial: false },
              {
                onSuccess: ({ drafts }) => {
                  toast(t("imported", { count: drafts }));
                  setTrial(null);
                  void queries.invalidateQueries();
                },
              },
            )
          }
        />
      )}
    </>
  );
}

function Trial(props: { report: ImportReport; isBusy: boolean; onClose: () => void; onGo: () => void }): ReactNode {
  const t = useTranslations("knowledge");
  const tCommon = useTranslations("common");
  const text = useText();
  const { files, drafts } = props.report;
  const shown = files.filter(({ outcome }) => outcome !== "unchanged");
  return (
    <Modal
      title={t("import")}
      lead={t("importLead", { drafts, unchanged: files.length - shown.length })}
      open
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>{tCommon("cancel")}</Button>
          <Button look="primary" disabled={drafts === 0 || props.isBusy} onClick={props.onGo}>
            {t("importGo", { count: drafts })}
          </Button>
        </>
      }
    >
      <ul className="flex flex-col gap-1.5">
        {shown.map(({ path, outcome, why }) => (
          <li key={path}>
            <span className="font-mono text-xs">{path}</span>{" "}
            <span className={outcome === "refused" ? "text-unhealthy" : "text-muted"}>{t(`outcomes.${outcome}`)}</span>
            {why && <p className="text-muted text-xs">{text(why)}</p>}
          </li>
        ))}
      </ul>
    </Modal>
  );
}
