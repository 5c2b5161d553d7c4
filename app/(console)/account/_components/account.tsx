// The page of one's own account.
"use client";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { Me } from "../../../../server/accounts/schema.ts";
import { useMe } from "../../../_lib/use-me.ts";
import { useTRPC } from "../../../_trpc/client.ts";
import { LanguageSwitch } from "../../../_ui/language-switch.tsx";
import { Facts, PageHeader, Panel, Section } from "../../../_ui/page-parts.tsx";
import { Passkeys } from "./passkeys.tsx";
import { PasswordForm } from "./password-form.tsx";
import { Sessions } from "./sessions.tsx";
import { TwoFactor } from "./two-factor.tsx";

function Rights({ me }: { me: Me }): ReactNode {
  const t = useTranslations("account");
  const tRole = useTranslations("shell.role");
  if (me.grants.length === 0) return t("noRights");
  return (
    <ul>
      {me.grants.map(({ role, selector }) => (
        <li key={`${role} ${selector}`}>
          {tRole(role)} <span className="text-muted">{selector === "*" ? t("everywhere") : t("on", { selector })}</span>
        </li>
      ))}
    </ul>
  );
}

export function Account(): ReactNode {
  const t = useTranslations("account");
  const trpc = useTRPC();
  const me = useMe();
  const setLocale = useMutation(trpc.accounts.setLocale.mutationOptions());
  if (!me) return <PageHeader title={t("title")} lead={t("lead")} />;
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <div className="flex max-w-4xl flex-col gap-7">
        {me.mustChangePassword ? (
          <p role="alert" className="rounded-md border border-degraded bg-degraded-cell px-4 py-3 font-medium">
            {t("mustChange")}
          </p>
        ) : (
          <Panel className="p-4">
            <Facts
              items={[
                { label: t("name"), value: me.name },
                { label: t("email"), value: me.email },
                { label: t("rights"), value: <Rights me={me} /> },
                { label: t("language"), value: <LanguageSwitch onChosen={(locale) => setLocale.mutate({ locale })} /> },
              ]}
            />
          </Panel>
        )}
        {/* Emergency access does not change how the person whose name it carries signs in. */}
        {!me.breakGlassUntil && (
          <Section title={t("password")}>
            <Panel className="p-4">{me.hasPassword ? <PasswordForm /> : <p>{t("noPassword")}</p>}</Panel>
          </Section>
        )}
        {!me.mustChangePassword && !me.breakGlassUntil && (
          <>
            {me.hasPassword && <TwoFactor isOn={me.hasTwoFactor} />}
            <Passkeys />
          </>
        )}
        {!me.mustChangePassword && <Sessions />}
      </div>
    </>
  );
}
