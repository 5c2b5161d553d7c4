// Repairs: what runs, what ran, how it ended.
import { pageTitle } from "../../_lib/page-title.ts";
import { RepairList } from "./_components/repair-list.tsx";

export const generateMetadata = () => pageTitle("repairs");

export default function RepairsPage() {
  return <RepairList />;
}
