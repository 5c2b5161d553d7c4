// Asks for a shell: where, what of it, for how long and why. Nothing opens before somebody else has approved it.
"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { SquareTerminal } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, type ReactNode, useState } from "react";
import { ShellNamespace as Namespaces, type ShellNamespace } from "../../protocol/commands.ts";
import type { Text } from "../../protocol/text.ts";
import { useCan } from "../_lib/use-me.ts";
import { useText } from "../_lib/use-text.ts";
import { useTRPC } from "../_trpc/client.ts";
import { readError } from "../_trpc/errors.ts";
import { Button } from "./button.tsx";
import { Drawer } from "./drawer.tsx";
import { EmptyState, QueryView, Skeleton } from "./feedback.tsx";
import { Field, SelectField } from "./field.tsx";

const MINUTES = [1, 5, 15, 30, 60];
const parts: Record<ShellNamespace, Text> = {
  mnt: { en: "files (without it, the node's own tools)", zh: "文件（不选则使用节点自带的工具）" },
  pid: { en: "processes", zh: "进程" },
  net: { en: "network", zh: "网络" },
  ipc: { en: "shared memory", zh: "共享内存" },
  uts: { en: "host name", zh: "主机名" },
  cgroup: { en: "control groups", zh: "cgroup" },
};

/** `report`: of the container it is to enter; without it, the node's own shell. */
type Props = { node: string; report?: string; subject: string };

export function ShellButton(props: Props): ReactNode {
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  if (!useCan("shells:open")) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <SquareTerminal aria-hidden />
        {text({ en: "Shell…", zh: "终端…" })}
      </Button>
      <Drawer
        open={isOpen}
        onClose={() => setOpen(false)}
        title={text({ en: `A shell on ${props.subject}`, zh: `${props.subject} 上的终端` })}
        lead={text({
          en: "As root. Somebody else approves it; everything is recorded; it ends by itself.",
          zh: "以 root 身份运行。须他人批准，全程录制，到时自动结束。",
        })}
      >
        <Request {...props} />
      </Drawer>
    </>
  );
}

function Request(props: Props): ReactNode {
  const text = useText();
  const trpc = useTRPC();
  const policy = useQuery(trpc.shells.policy.queryOptions({}));
  return (
    <QueryView query={policy} skeleton={<Skeleton className="h-40" />}>
      {({ isAllowed, maxMinutes }) =>
        isAllowed === false ? (
          <EmptyState title={text({ en: "Shells are off on this console", zh: "此控制台未启用终端" })}>
            {text({
              en: "Whoever administers its host can allow them: ./nodeops up --allow-shells. Each node's own agent.json must allow them as well (shells.allow).",
              zh: "可由主机管理员启用：./nodeops up --allow-shells。各节点的 agent.json 也须允许（shells.allow）。",
            })}
          </EmptyState>
        ) : (
          <Form {...props} maxMinutes={maxMinutes} />
        )
      }
    </QueryView>
  );
}

function Form({ node, report, maxMinutes }: Props & { maxMinutes: number }): ReactNode {
  const text = useText();
  const trpc = useTRPC();
  const router = useRouter();
  const request = useMutation(
    trpc.shells.request.mutationOptions({ onSuccess: ({ id }) => router.push(`/shells/${id}`) }),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const namespaces = Namespaces.options.filter((name) => form.has(name));
    request.mutate({
      ...{ node, minutes: Number(form.get("minutes")), reason: String(form.get("reason")) },
      ...(report === undefined ? {} : { report, namespaces }),
    });
  };
  const offered = MINUTES.filter((minutes) => minutes <= maxMinutes);
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {report !== undefined && (
        <fieldset className="flex flex-col gap-1.5">
          <legend className="mb-1 font-medium">{text({ en: "Enter the container's", zh: "进入容器的" })}</legend>
          {Namespaces.options.map((name) => (
            <label key={name} className="flex items-center gap-2">
              <input type="checkbox" name={name} defaultChecked className="accent-accent" />
              <span className="w-14 font-mono text-xs">{name}</span>
              <span className="text-muted">{text(parts[name])}</span>
            </label>
          ))}
        </fieldset>
      )}
      <SelectField
        label={text({ en: "For at most", zh: "最长时间" })}
        name="minutes"
        defaultValue={String(offered.includes(15) ? 15 : (offered.at(-1) ?? maxMinutes))}
        options={(offered.length > 0 ? offered : [maxMinutes]).map((minutes) => ({
          value: String(minutes),
          label: text({ en: `${minutes} min`, zh: `${minutes} 分钟` }),
        }))}
      />
      <Field
        label={text({ en: "Reason", zh: "理由" })}
        hint={text({ en: "Approvers read it; it stays in the audit trail.", zh: "批准者会看到，并保留在审计记录中。" })}
        name="reason"
        required
        minLength={3}
        maxLength={300}
        autoComplete="off"
      />
      {request.error && (
        <p role="alert" className="text-unhealthy">
          {readError(request.error).message}
        </p>
      )}
      <Button type="submit" look="primary" disabled={request.isPending}>
        {text({ en: "Ask for it", zh: "申请" })}
      </Button>
    </form>
  );
}
