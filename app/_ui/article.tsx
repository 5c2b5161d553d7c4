// An article of the catalogue: markdown without raw HTML; links stay inside the console or open elsewhere without a referrer.
"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import Markdown from "react-markdown";

export function Article({ markdown }: { markdown: string }): ReactNode {
  return (
    <div className="prose-article">
      <Markdown
        components={{
          // The page has its own h1 and h2: the article's headings go below them.
          h1: ({ children }) => <h3 className="mt-0! text-base!">{children}</h3>,
          h2: ({ children }) => <h3>{children}</h3>,
          h3: ({ children }) => <h4 className="mt-3 font-medium">{children}</h4>,
          a: ({ href = "", children }) =>
            href.startsWith("/") ? (
              <Link href={href}>{children}</Link>
            ) : (
              <a href={href} target="_blank" rel="noreferrer noopener">
                {children}
              </a>
            ),
          img: () => null,
        }}
      >
        {markdown}
      </Markdown>
    </div>
  );
}
