// Incidents: findings that share a cause, as one trouble each.
import { pageTitle } from "../../_lib/page-title.ts";
import { IncidentList } from "./_components/incident-list.tsx";

export const generateMetadata = () => pageTitle("incidents");

export default function IncidentsPage() {
  return <IncidentList />;
}
