// Buttons, and links that look like them.
import { cva, type VariantProps } from "class-variance-authority";
import Link from "next/link";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn.ts";

const button = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md border text-sm font-medium transition-colors duration-100 disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-3.5 [&_svg]:shrink-0",
  {
    variants: {
      look: {
        primary: "border-transparent bg-accent text-on-accent hover:brightness-110",
        plain: "border-line-strong bg-surface hover:bg-sunken",
        ghost: "border-transparent hover:bg-sunken",
        danger: "border-unhealthy/50 bg-surface text-unhealthy hover:bg-unhealthy/10",
      },
      size: { normal: "h-8 px-3", small: "h-7 px-2", icon: "size-8 p-0" },
    },
    defaultVariants: { look: "plain", size: "normal" },
  },
);

type Look = VariantProps<typeof button>;

/** A button; `type="button"` unless told otherwise. */
export function Button({ className, look, size, ...props }: ComponentProps<"button"> & Look): ReactNode {
  return <button type="button" {...props} className={cn(button({ look, size }), className)} />;
}

/** A link with the looks of a button. */
export function ButtonLink({ className, look, size, ...props }: ComponentProps<typeof Link> & Look): ReactNode {
  return <Link {...props} className={cn(button({ look, size }), className)} />;
}
