// Last resort when even the root layout breaks: no words catalogue, no styles of ours.
"use client";

export default function GlobalError({ reset }: { error: Error; reset: () => void }) {
  return (
    <html lang="en">
      <body>
        <main>
          <h1>The console broke / 控制台出错</h1>
          <button type="button" onClick={reset}>
            Try again / 重试
          </button>
        </main>
      </body>
    </html>
  );
}
