// One patrol: its plan and its runs.
import { pageTitle } from "../../../_lib/page-title.ts";
import { PatrolView } from "./_components/patrol-view.tsx";

export const generateMetadata = () => pageTitle("patrols");

export default async function PatrolPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <PatrolView id={id} />;
}
