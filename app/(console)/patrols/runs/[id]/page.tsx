// One look at a part of the fleet: how far it is, and its report.
import { pageTitle } from "../../../../_lib/page-title.ts";
import { RunView } from "./_components/run-view.tsx";

export const generateMetadata = () => pageTitle("patrols");

export default async function PatrolRunPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <RunView id={id} />;
}
