// Who signed in with a one-time password is led to the account's page until it is changed; the server allows nothing else either.
"use client";
import { usePathname, useRouter } from "next/navigation";
import { useEffect } from "react";
import { useMe } from "../../_lib/use-me.ts";

export function useOwnPasswordFirst(): void {
  const must = useMe()?.mustChangePassword ?? false;
  const path = usePathname();
  const router = useRouter();
  useEffect(() => {
    if (must && path !== "/account") router.replace("/account");
  }, [must, path, router]);
}
