// One node: its state and why, and everything known about it.
import { pageTitle } from "../../../_lib/page-title.ts";
import { NodeView } from "./_components/node-view.tsx";

export const generateMetadata = () => pageTitle("nodes");

export default async function NodePage({ params }: { params: Promise<{ node: string }> }) {
  const { node } = await params;
  return <NodeView node={decodeURIComponent(node)} />;
}
