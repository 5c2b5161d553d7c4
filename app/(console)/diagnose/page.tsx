// "What is wrong?": for everybody, answered first; one's applications; questions that were asked; what reviewers look at.
import { pageTitle } from "../../_lib/page-title.ts";
import { Diagnose } from "./_components/diagnose.tsx";

export const generateMetadata = () => pageTitle("diagnose");

export default function DiagnosePage() {
  return <Diagnose />;
}
