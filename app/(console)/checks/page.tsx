// The catalogue of checks and how each stands on the fleet.
import { pageTitle } from "../../_lib/page-title.ts";
import { Checks } from "./_components/checks.tsx";

export const generateMetadata = () => pageTitle("checks");

export default function ChecksPage() {
  return <Checks />;
}
