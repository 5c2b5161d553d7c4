// One finding: evidence, what it means, what can be done.
import { pageTitle } from "../../../_lib/page-title.ts";
import { FindingView } from "./_components/finding-view.tsx";

export const generateMetadata = () => pageTitle("findings");

export default async function FindingPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <FindingView id={id} />;
}
