// The knowledge base: every article, found by words in either language.
import { pageTitle } from "../../_lib/page-title.ts";
import { ArticleList } from "./_components/article-list.tsx";

export const generateMetadata = () => pageTitle("knowledge");

export default function KnowledgePage() {
  return <ArticleList />;
}
