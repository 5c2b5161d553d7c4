// Patrols: plans to look at parts of the fleet again and again, and every look with its report.
import { pageTitle } from "../../_lib/page-title.ts";
import { Patrols } from "./_components/patrols.tsx";

export const generateMetadata = () => pageTitle("patrols");

export default function PatrolsPage() {
  return <Patrols />;
}
