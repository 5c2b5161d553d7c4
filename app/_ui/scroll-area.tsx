// Sideways scrolling for what may be wider than the screen: reachable by keyboard, but only while there is something to scroll.
"use client";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { cn } from "./cn.ts";

/** @param label what scrolls, for screen readers */
export function ScrollArea(props: {
  label: string;
  isBusy?: boolean;
  className?: string;
  children: ReactNode;
}): ReactNode {
  const box = useRef<HTMLElement>(null);
  const [overflows, setOverflows] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = (): void => setOverflows(element.scrollWidth > element.clientWidth);
    const observer = new ResizeObserver(look);
    observer.observe(element);
    for (const child of element.children) observer.observe(child);
    return () => observer.disconnect();
  }, []);
  return (
    <section
      ref={box}
      aria-label={overflows ? props.label : undefined}
      aria-busy={props.isBusy}
      tabIndex={overflows ? 0 : undefined}
      className={cn("overflow-x-auto", props.className)}
    >
      {props.children}
    </section>
  );
}
