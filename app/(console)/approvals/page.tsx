// Approvals: what waits for a signature, and the keys that may sign.
import { pageTitle } from "../../_lib/page-title.ts";
import { Approvals } from "./_components/approvals.tsx";

export const generateMetadata = () => pageTitle("approvals");

export default function ApprovalsPage() {
  return <Approvals />;
}
