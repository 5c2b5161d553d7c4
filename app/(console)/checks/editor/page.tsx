// Writes a check at run time and shows, before it may say anything, what it would find.
import { pageTitle } from "../../../_lib/page-title.ts";
import { CheckEditor } from "./_components/check-editor.tsx";

export const generateMetadata = () => pageTitle("checks");

export default function CheckEditorPage() {
  return <CheckEditor />;
}
