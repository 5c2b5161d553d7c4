// One incident: its cause, why it is believed to be one, and the nodes under it.
import { pageTitle } from "../../../_lib/page-title.ts";
import { IncidentView } from "./_components/incident-view.tsx";

export const generateMetadata = () => pageTitle("incidents");

export default async function IncidentPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <IncidentView id={id} />;
}
