// One article: what it means, whose it is, what can be done.
import { notFound } from "next/navigation";
import { parseArticleId } from "../../../../../knowledge/article-id.ts";
import { pageTitle } from "../../../../_lib/page-title.ts";
import { ArticleView } from "./_components/article-view.tsx";

export const generateMetadata = () => pageTitle("knowledge");

export default async function ArticlePage({ params }: { params: Promise<{ kind: string; id: string }> }) {
  const { kind, id } = await params;
  const articleId = `${kind}/${id}`;
  if (!parseArticleId(articleId)) notFound();
  return <ArticleView articleId={articleId} />;
}
