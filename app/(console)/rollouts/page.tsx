// The list of rollouts.
import { pageTitle } from "../../_lib/page-title.ts";
import { RolloutList } from "./_components/rollout-list.tsx";

export const generateMetadata = () => pageTitle("rollouts");

export default function RolloutsPage() {
  return <RolloutList />;
}
