// People: who may sign in, what they may do where, and emergency access.
import { pageTitle } from "../../_lib/page-title.ts";
import { People } from "./_components/people.tsx";

export const generateMetadata = () => pageTitle("people");

export default function PeoplePage() {
  return <People />;
}
