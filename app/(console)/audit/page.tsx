// Audit: who did what, when, to what.
import { pageTitle } from "../../_lib/page-title.ts";
import { AuditTrail } from "./_components/audit-trail.tsx";

export const generateMetadata = () => pageTitle("audit");

export default function AuditPage() {
  return <AuditTrail />;
}
