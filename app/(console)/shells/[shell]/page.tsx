// One shell: waiting for approval, open, or its recording.
import { pageTitle } from "../../../_lib/page-title.ts";
import { ShellView } from "./_components/shell-view.tsx";

export const generateMetadata = () => pageTitle("shells");

export default async function ShellPage({ params }: { params: Promise<{ shell: string }> }) {
  const { shell } = await params;
  return <ShellView id={shell} />;
}
