// Templates: rollouts to be begun again.
import { pageTitle } from "../../../_lib/page-title.ts";
import { Templates } from "./_components/templates.tsx";

export const generateMetadata = () => pageTitle("rollouts");

export default function TemplatesPage() {
  return <Templates />;
}
