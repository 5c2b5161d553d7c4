// Nodes: the whole fleet as a list, searched, filtered and sorted by the server.
import { pageTitle } from "../../_lib/page-title.ts";
import { NodeList } from "./_components/node-list.tsx";

export const generateMetadata = () => pageTitle("nodes");

export default function NodesPage() {
  return <NodeList />;
}
