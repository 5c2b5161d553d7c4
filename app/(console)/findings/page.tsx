// Findings: what is wrong, by cause or one by one.
import { pageTitle } from "../../_lib/page-title.ts";
import { FindingsView } from "./_components/findings-view.tsx";

export const generateMetadata = () => pageTitle("findings");

export default function FindingsPage() {
  return <FindingsView />;
}
