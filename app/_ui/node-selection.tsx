// What can be done with chosen nodes, in a bar at the foot of their list: bring them a change in waves, or cordon them.
"use client";
import { X } from "lucide-react";
import { useRouter } from "next/navigation";
import { useLocale, useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import { count } from "../_lib/format.ts";
import type { Selection } from "../_lib/selection.ts";
import { useCan } from "../_lib/use-me.ts";
import { readError } from "../_trpc/errors.ts";
import { Button } from "./button.tsx";
import { CordonNodes } from "./cordon-nodes.tsx";
import { Modal } from "./drawer.tsx";
import { NAMED_NODES_MAX, nodesHref } from "./rollout-links.ts";

/** More than this nobody cordons by hand: it is asked for node by node. */
const CORDON_MAX = 100;

export type Offer = { key: string; label: string; hrefOf: (names: readonly string[]) => string };

/** Reads names, tells when that fails, and opens the wizard. */
export function useToWizard(): {
  isBusy: boolean;
  open: (read: () => Promise<readonly string[]>, hrefOf?: Offer["hrefOf"]) => Promise<void>;
} {
  const t = useTranslations("selection");
  const router = useRouter();
  const [isBusy, setBusy] = useState(false);
  return {
    isBusy,
    open: async (read, hrefOf = nodesHref) => {
      setBusy(true);
      try {
        const names = [...new Set(await read())];
        if (names.length > NAMED_NODES_MAX) toast.error(t("tooMany", { max: NAMED_NODES_MAX }));
        else router.push(hrefOf(names));
      } catch (error) {
        toast.error(t("failed"), { description: readError(error).message });
      }
      setBusy(false);
    },
  };
}

/**
 * @param readAll names of all that match the filter; absent where the list is whole
 * @param allHref the wizard for all that match, where a selector says it
 * @param offers more than a change of one's own choice: repairs of what these nodes have
 */
export function NodeSelectionBar(props: {
  selection: Selection;
  total: number;
  onAll?: (() => void) | undefined;
  onClear: () => void;
  readAll?: (() => Promise<readonly string[]>) | undefined;
  allHref?: string | null;
  offers?: readonly Offer[];
}): ReactNode {
  const { selection, total, offers = [] } = props;
  const t = useTranslations("selection");
  const locale = useLocale();
  const mayRollOut = useCan("rollouts:run");
  const mayCordon = useCan("leases:write");
  const wizard = useToWizard();
  const router = useRouter();
  const [isCordoning, setCordoning] = useState(false);
  // A node may stand in several rows, one a finding: it is one node.
  const n = selection.isAll ? total : new Set(selection.picked.values()).size;
  if (n === 0) return null;
  const read = async (): Promise<readonly string[]> =>
    selection.isAll && props.readAll ? props.readAll() : [...selection.picked.values()];
  const rollOut = (): void => {
    if (selection.isAll && props.allHref) router.push(props.allHref);
    else void wizard.open(read);
  };
  const isTooMany = n > CORDON_MAX;
  return (
    <section
      aria-label={t("bar")}
      className="sticky bottom-3 z-20 mx-auto mt-3 flex w-fit max-w-full flex-wrap items-center gap-2 rounded-lg border border-accent bg-surface px-3 py-2 shadow-float"
    >
      <p role="status" className="mr-1 whitespace-nowrap font-medium">
        {t("chosen", { count: n, shown: count(n, locale) })}
      </p>
      {props.onAll && !selection.isAll && selection.picked.size < total && (
        <Button size="small" look="ghost" className="text-accent" onClick={props.onAll}>
          {t("all", { shown: count(total, locale) })}
        </Button>
      )}
      {mayRollOut && (
        <Button size="small" look="primary" disabled={wizard.isBusy} onClick={rollOut}>
          {t("rollOut")}
        </Button>
      )}
      {mayRollOut &&
        offers.map(({ key, label, hrefOf }) => (
          <Button key={key} size="small" disabled={wizard.isBusy} onClick={() => void wizard.open(read, hrefOf)}>
            {label}
          </Button>
        ))}
      {mayCordon && (
        <Button
          size="small"
          aria-disabled={isTooMany}
          title={isTooMany ? t("cordonMax", { max: CORDON_MAX }) : undefined}
          className={isTooMany ? "cursor-not-allowed opacity-50" : undefined}
          onClick={() => !isTooMany && setCordoning(true)}
        >
          {t("cordon")}
          {isTooMany && <span className="sr-only">: {t("cordonMax", { max: CORDON_MAX })}</span>}
        </Button>
      )}
      <Button size="icon" look="ghost" className="size-7" aria-label={t("clear")} onClick={props.onClear}>
        <X aria-hidden />
      </Button>
      <Modal
        title={t("cordonTitle", { count: n })}
        lead={t("cordonLead")}
        open={isCordoning}
        onClose={() => setCordoning(false)}
      >
        <CordonNodes read={read} onDone={() => setCordoning(false)} />
      </Modal>
    </section>
  );
}
