// One check: what it means, how it stands on the fleet, how good it is, and how far the product may go by itself.
import { pageTitle } from "../../../_lib/page-title.ts";
import { CheckView } from "./_components/check-view.tsx";

export const generateMetadata = () => pageTitle("checks");

export default async function CheckPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <CheckView id={id} />;
}
