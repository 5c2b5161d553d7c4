// Overview: is something wrong, how wide is it, what can be done.
import { pageTitle } from "../_lib/page-title.ts";
import { Overview } from "./_components/overview/overview.tsx";

export const generateMetadata = () => pageTitle("overview");

export default function OverviewPage() {
  return <Overview />;
}
