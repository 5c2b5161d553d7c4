// One debug report: what is abnormal first, then everything that was read.
import { pageTitle } from "../../../_lib/page-title.ts";
import { ReportView } from "./_components/report-view.tsx";

export const generateMetadata = () => pageTitle("nodes");

export default async function DebugPage({ params }: { params: Promise<{ run: string }> }) {
  const { run } = await params;
  return <ReportView id={run} />;
}
