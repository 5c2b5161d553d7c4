// Add node: one line to copy, and the nodes that follow it.
import { pageTitle } from "../../_lib/page-title.ts";
import { AddNode } from "./_components/add-node.tsx";

export const generateMetadata = () => pageTitle("addNode");

export default function AddNodePage() {
  return <AddNode />;
}
