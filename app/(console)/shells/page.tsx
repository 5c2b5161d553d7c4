// Shells that were asked for, open ones first in time, and their recordings.
import { pageTitle } from "../../_lib/page-title.ts";
import { ShellList } from "./_components/shell-list.tsx";

export const generateMetadata = () => pageTitle("shells");

export default function ShellsPage() {
  return <ShellList />;
}
