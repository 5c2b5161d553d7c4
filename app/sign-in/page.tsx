// Sign-in page.
import type { Metadata } from "next";
import { returnPath } from "../_lib/return-path.ts";
import { SignIn } from "./_components/sign-in.tsx";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { next, error } = await searchParams;
  return (
    <SignIn
      next={returnPath(typeof next === "string" ? next : null)}
      hasProvider={Boolean(process.env.OIDC_ISSUER)}
      // The provider's own words are not shown: anybody can write them into a link.
      hasProviderFailed={error !== undefined}
    />
  );
}
