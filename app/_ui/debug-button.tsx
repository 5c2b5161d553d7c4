// Starts a debug report and goes to it. Reads only, so nothing is asked before.
"use client";
import { useMutation } from "@tanstack/react-query";
import { Bug } from "lucide-react";
import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { toast } from "sonner";
import { useCan } from "../_lib/use-me.ts";
import { useText } from "../_lib/use-text.ts";
import { useTRPC } from "../_trpc/client.ts";
import { readError } from "../_trpc/errors.ts";
import { Button } from "./button.tsx";

type Props = {
  /** Id or name. */
  node: string;
  container?: string | undefined;
  runtime?: string | undefined;
  isAgain?: boolean;
  isSmall?: boolean;
};

/** Nothing for people who may not look. */
export function DebugButton({ node, container, runtime, isAgain = false, isSmall = false }: Props): ReactNode {
  const text = useText();
  const trpc = useTRPC();
  const router = useRouter();
  const start = useMutation(
    trpc.debug.start.mutationOptions({
      onSuccess: ({ id }) => router.push(`/debug/${id}`),
      onError: (error) =>
        toast.error(text({ en: "It could not be started", zh: "无法启动" }), { description: readError(error).message }),
    }),
  );
  if (!useCan("debug:run")) return null;
  const words = isAgain ? { en: "Look again", zh: "重新采集" } : { en: "Debug", zh: "调试" };
  return (
    <Button
      size={isSmall ? "small" : "normal"}
      look={isSmall ? "ghost" : "plain"}
      disabled={start.isPending}
      onClick={() => start.mutate({ node, container, runtime })}
    >
      <Bug aria-hidden />
      {text(words)}
    </Button>
  );
}
