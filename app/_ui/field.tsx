// Labelled form fields: the label, the hint and the fault belong to the field for screen readers too.
"use client";
import { type ComponentProps, type ReactNode, useId } from "react";
import { cn } from "./cn.ts";

type Extra = { label: string; hint?: ReactNode; fault?: string | null };

const control = "h-8 w-full rounded-md border border-line-strong bg-surface px-2.5 disabled:opacity-60";

function Around(props: Extra & { id: string; children: ReactNode }): ReactNode {
  return (
    <div className="min-w-0">
      <label htmlFor={props.id} className="mb-1 block font-medium">
        {props.label}
      </label>
      {props.children}
      {props.hint && (
        <p id={`${props.id}-hint`} className="mt-1 text-muted text-xs">
          {props.hint}
        </p>
      )}
      {props.fault && (
        <p id={`${props.id}-fault`} className="mt-1 text-unhealthy text-xs">
          {props.fault}
        </p>
      )}
    </div>
  );
}

const describedBy = (id: string, extra: Extra): string | undefined =>
  [extra.hint && `${id}-hint`, extra.fault && `${id}-fault`].filter(Boolean).join(" ") || undefined;

/** One line of text. */
export function Field({ label, hint, fault, className, ...input }: ComponentProps<"input"> & Extra): ReactNode {
  const id = useId();
  return (
    <Around id={id} label={label} hint={hint} fault={fault}>
      <input
        id={id}
        spellCheck={false}
        {...input}
        aria-invalid={fault ? true : undefined}
        aria-describedby={describedBy(id, { label, hint, fault })}
        className={cn(control, fault && "border-unhealthy", className)}
      />
    </Around>
  );
}

/** A choice of a few. */
export function SelectField(
  props: ComponentProps<"select"> & Extra & { options: { value: string; label: string }[] },
): ReactNode {
  const { label, hint, fault, options, className, ...select } = props;
  const id = useId();
  return (
    <Around id={id} label={label} hint={hint} fault={fault}>
      <select
        id={id}
        {...select}
        aria-describedby={describedBy(id, { label, hint, fault })}
        className={cn(control, className)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Around>
  );
}

/** Several lines of text. */
export function AreaField({ label, hint, fault, className, ...area }: ComponentProps<"textarea"> & Extra): ReactNode {
  const id = useId();
  return (
    <Around id={id} label={label} hint={hint} fault={fault}>
      <textarea
        id={id}
        spellCheck={false}
        {...area}
        aria-invalid={fault ? true : undefined}
        aria-describedby={describedBy(id, { label, hint, fault })}
        className={cn(control, "h-auto min-h-8 resize-y py-1.5", fault && "border-unhealthy", className)}
      />
    </Around>
  );
}
