// The catalogue of checks and how each stands on the fleet.
import { pageTitle } from "../../_lib/page-title.ts";
import { CheckCatalogue } from "./_components/check-catalogue.tsx";

export const generateMetadata = () => pageTitle("checks");

export default function ChecksPage() {
  return <CheckCatalogue />;
}
