// One repair, live: evidence, steps, settling, verification.
import { pageTitle } from "../../../_lib/page-title.ts";
import { RepairView } from "./_components/repair-view.tsx";

export const generateMetadata = () => pageTitle("repairs");

export default async function RepairPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <RepairView id={id} />;
}
