// Begins an article of a cause that nobody has written of: asks for its name, then opens the editor.
"use client";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { ARTICLE_ID } from "../../../../knowledge/article-id.ts";
import { Button } from "../../../_ui/button.tsx";
import { Modal } from "../../../_ui/drawer.tsx";
import { Field } from "../../../_ui/field.tsx";

export function NewArticle(): ReactNode {
  const t = useTranslations("knowledge");
  const tCommon = useTranslations("common");
  const router = useRouter();
  const [isOpen, setOpen] = useState(false);
  const [id, setId] = useState("");
  const isName = id.length <= 80 && ARTICLE_ID.test(`cause/${id}`);
  return (
    <>
      <Button look="primary" onClick={() => setOpen(true)}>
        {t("new")}
      </Button>
      <Modal title={t("new")} open={isOpen} onClose={() => setOpen(false)}>
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (isName) router.push(`/knowledge/cause/${id}/edit`);
          }}
        >
          <Field
            label={t("name")}
            hint={t("nameHint")}
            fault={id === "" || isName ? null : t("nameFault")}
            value={id}
            onChange={(event) => setId(event.target.value)}
            placeholder="sidecar-not-ready"
            className="font-mono text-xs"
            maxLength={80}
            autoFocus
          />
          <div className="flex justify-end gap-2">
            <Button type="button" onClick={() => setOpen(false)}>
              {tCommon("cancel")}
            </Button>
            <Button type="submit" look="primary" disabled={!isName}>
              {t("write")}
            </Button>
          </div>
        </form>
      </Modal>
    </>
  );
}
