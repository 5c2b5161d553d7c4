// One answer: whose trouble it is, what to do, why, and what we are doing about it.
import { pageTitle } from "../../../_lib/page-title.ts";
import { CaseView } from "./_components/case-view.tsx";

export const generateMetadata = () => pageTitle("diagnose");

export default async function CasePage({ params }: { params: Promise<{ case: string }> }) {
  const { case: id } = await params;
  return <CaseView id={id} />;
}
