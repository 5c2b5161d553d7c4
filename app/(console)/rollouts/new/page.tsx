// A new rollout: what, where, in which waves, through which gates; nothing starts before the review. Forms are made here from the catalogue of changes.
import { changes } from "../../../../changes/list.ts";
import { pageTitle } from "../../../_lib/page-title.ts";
import { fieldsOf } from "./_components/param-fields.ts";
import { Wizard } from "./_components/wizard.tsx";

export const generateMetadata = () => pageTitle("rollouts");

export default function NewRolloutPage() {
  const kinds = changes.map(({ kind, title, about, params }) => ({ kind, title, about, fields: fieldsOf(params) }));
  return <Wizard kinds={kinds} />;
}
