// Containers of the whole fleet.
import { pageTitle } from "../../_lib/page-title.ts";
import { ContainerList } from "../../_ui/container-list.tsx";
import { ContainersHeader } from "./_components/containers-header.tsx";

export const generateMetadata = () => pageTitle("containers");

export default function ContainersPage() {
  return (
    <>
      <ContainersHeader />
      <ContainerList />
    </>
  );
}
