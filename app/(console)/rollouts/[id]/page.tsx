// One rollout, live.
import { pageTitle } from "../../../_lib/page-title.ts";
import { RolloutView } from "./_components/rollout-view.tsx";

export const generateMetadata = () => pageTitle("rollouts");

export default async function RolloutPage({ params }: { params: Promise<{ id: string }> }) {
  return <RolloutView id={(await params).id} />;
}
