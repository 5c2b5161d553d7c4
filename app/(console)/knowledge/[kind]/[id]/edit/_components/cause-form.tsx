// Signatures of a cause of one's own, and the texts that prove them: each says at once how it is answered now.
"use client";
import { Plus, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { DraftProblem, ProofResult } from "../../../../../../../server/knowledge/schema.ts";
import { useText } from "../../../../../../_lib/use-text.ts";
import { Button } from "../../../../../../_ui/button.tsx";
import { AreaField, Field, SelectField } from "../../../../../../_ui/field.tsx";
import { Section } from "../../../../../../_ui/page-parts.tsx";
import { checkLook } from "../../../../../../_ui/state.ts";
import { StateBadge } from "../../../../../../_ui/state-badge.tsx";
import { type CauseFields, newSignature, newText, type SignatureFields, type TextField } from "./draft.ts";

const sides = ["yours", "ours", "either"] as const;
const strengths = ["proof", "strong", "hint"] as const;

type Props = {
  cause: CauseFields;
  onChange: (cause: CauseFields) => void;
  problems: readonly DraftProblem[];
  proofs: readonly ProofResult[];
};

export function CauseForm({ cause, onChange, problems, proofs }: Props): ReactNode {
  const t = useTranslations("knowledge");
  const text = useText();
  const faultAt = (path: string): string | null => {
    const found = problems.find((problem) => problem.at === "cause" && problem.path === path);
    return found ? text(found.text) : null;
  };
  const setSignature = (changed: SignatureFields): void =>
    onChange({ ...cause, signatures: cause.signatures.map((one) => (one.id === changed.id ? changed : one)) });
  return (
    <div className="flex flex-col gap-6">
      <div className="grid gap-3 sm:grid-cols-[12rem_minmax(0,1fr)]">
        <SelectField
          label={t("side")}
          value={cause.side}
          options={sides.map((value) => ({ value, label: t(`sides.${value}`) }))}
          onChange={(event) =>
            onChange({ ...cause, side: sides.find((side) => side === event.target.value) ?? cause.side })
          }
        />
        <Field
          label={t("words")}
          hint={t("wordsHint")}
          value={cause.words}
          maxLength={2_000}
          onChange={(event) => onChange({ ...cause, words: event.target.value })}
        />
      </div>
      <Section
        title={t("signatures")}
        note={t("signaturesHint")}
        actions={
          <AddButton
            label={t("addSignature")}
            onClick={() => onChange({ ...cause, signatures: [...cause.signatures, newSignature()] })}
          />
        }
      >
        <ul className="flex flex-col gap-4">
          {cause.signatures.map((signature, at) => (
            <Signature
              key={signature.id}
              signature={signature}
              at={at + 1}
              fault={faultAt(`signatures.${at}`)}
              onChange={setSignature}
              onRemove={() =>
                onChange({ ...cause, signatures: cause.signatures.filter(({ id }) => id !== signature.id) })
              }
            />
          ))}
        </ul>
      </Section>
      {(["fits", "fitsNot"] as const).map((list) => (
        <Texts
          key={list}
          list={list}
          rows={cause[list]}
          proofs={proofs.filter((proof) => proof.list === list)}
          fault={faultAt(list)}
          onChange={(rows) => onChange({ ...cause, [list]: rows })}
        />
      ))}
    </div>
  );
}

function AddButton({ label, onClick }: { label: string; onClick: () => void }): ReactNode {
  return (
    <Button onClick={onClick}>
      <Plus aria-hidden />
      {label}
    </Button>
  );
}

function RemoveButton({ label, onClick }: { label: string; onClick: () => void }): ReactNode {
  return (
    <Button look="ghost" size="icon" aria-label={label} title={label} onClick={onClick}>
      <Trash2 aria-hidden />
    </Button>
  );
}

function Signature(props: {
  signature: SignatureFields;
  at: number;
  fault: string | null;
  onChange: (signature: SignatureFields) => void;
  onRemove: () => void;
}): ReactNode {
  const { signature, at, fault, onChange } = props;
  const t = useTranslations("knowledge");
  return (
    <li className="grid items-start gap-2 sm:grid-cols-[minmax(0,1fr)_9rem_auto]">
      <Field
        label={t("pattern", { at })}
        fault={fault}
        value={signature.match}
        maxLength={500}
        className="font-mono text-xs"
        placeholder={String.raw`failed to frob \S+: device busy`}
        onChange={(event) => onChange({ ...signature, match: event.target.value })}
      />
      <SelectField
        label={t("strength")}
        value={signature.strength}
        options={strengths.map((value) => ({ value, label: t(`strengths.${value}`) }))}
        onChange={(event) =>
          onChange({ ...signature, strength: strengths.find((one) => one === event.target.value) ?? "strong" })
        }
      />
      <div className="sm:pt-6">
        <RemoveButton label={t("removeSignature", { at })} onClick={props.onRemove} />
      </div>
      <Field
        label={t("also")}
        value={signature.also}
        maxLength={500}
        className="font-mono text-xs"
        onChange={(event) => onChange({ ...signature, also: event.target.value })}
      />
      <div className="sm:col-span-2">
        <Field
          label={t("unless")}
          value={signature.unless}
          maxLength={500}
          className="font-mono text-xs"
          onChange={(event) => onChange({ ...signature, unless: event.target.value })}
        />
      </div>
    </li>
  );
}

function Texts(props: {
  list: "fits" | "fitsNot";
  rows: readonly TextField[];
  proofs: readonly ProofResult[];
  fault: string | null;
  onChange: (rows: TextField[]) => void;
}): ReactNode {
  const { list, rows, proofs, onChange } = props;
  const t = useTranslations("knowledge");
  // Empty rows are not sent: places are counted without them.
  const sent = rows.filter(({ text }) => text.trim() !== "");
  return (
    <Section
      title={t(list)}
      note={t(`${list}Hint`)}
      actions={<AddButton label={t("addText")} onClick={() => onChange([...rows, newText()])} />}
    >
      {props.fault && <p className="mb-2 text-unhealthy text-xs">{props.fault}</p>}
      <ul className="flex flex-col gap-3">
        {rows.map((row, at) => {
          const proof = proofs[sent.indexOf(row)];
          return (
            <li key={row.id} className="flex items-start gap-2">
              <div className="min-w-0 flex-1">
                <AreaField
                  label={t("textAt", { at: at + 1 })}
                  rows={3}
                  value={row.text}
                  maxLength={20_000}
                  className="font-mono text-xs"
                  onChange={(event) =>
                    onChange(rows.map((one) => (one.id === row.id ? { ...one, text: event.target.value } : one)))
                  }
                />
                {proof && (
                  <p className="mt-1 flex flex-wrap items-center gap-x-2 text-xs">
                    <StateBadge
                      look={proof.isOk ? checkLook.ok : checkLook.problem}
                      label={t(proof.isOk ? "proofOk" : "proofWrong")}
                    />
                    <span className="font-mono text-muted">{proof.answer ?? t("dontKnow")}</span>
                  </p>
                )}
              </div>
              <div className="pt-6">
                <RemoveButton
                  label={t("removeText", { at: at + 1 })}
                  onClick={() => onChange(rows.filter(({ id }) => id !== row.id))}
                />
              </div>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
