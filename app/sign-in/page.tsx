// Sign-in page.
import type { Metadata } from "next";
import { returnPath } from "../_lib/return-path.ts";
import { SignInForm } from "./_components/sign-in-form.tsx";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { next } = await searchParams;
  return <SignInForm next={returnPath(typeof next === "string" ? next : null)} />;
}
