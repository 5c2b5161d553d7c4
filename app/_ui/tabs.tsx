// Tabs whose choice lives in the URL: a link is a state.
"use client";
import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

export type Tab = { id: string; label: string; count?: number; content: () => ReactNode };

// Radix writes these as style attributes, which the content security policy refuses in HTML from the server. Classes do the same.
const WITHOUT_OUTLINE = { outline: undefined };
const WITHOUT_ANIMATION = { animationDuration: undefined };

/** Only the chosen tab's content is made. */
export function Tabs(props: { label: string; tabs: Tab[]; value: string; onChange: (id: string) => void }): ReactNode {
  const active = props.tabs.find((tab) => tab.id === props.value) ?? props.tabs[0];
  return (
    <Radix.Root value={active?.id} onValueChange={props.onChange}>
      <Radix.List
        aria-label={props.label}
        style={WITHOUT_OUTLINE}
        className="mb-4 flex gap-1 overflow-x-auto border-b outline-none"
      >
        {props.tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className="-mb-px h-9 whitespace-nowrap border-transparent border-b-2 px-2.5 text-muted hover:text-text data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-text"
          >
            {tab.label}
            {tab.count !== undefined && tab.count > 0 && <span className="ml-1.5 text-muted text-xs">{tab.count}</span>}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {active && (
        <Radix.Content value={active.id} asChild>
          <div style={WITHOUT_ANIMATION} className="outline-none">
            {active.content()}
          </div>
        </Radix.Content>
      )}
    </Radix.Root>
  );
}
