// Writes an article: text in both languages, signatures with their proofs, and the way to publication.
import { notFound } from "next/navigation";
import { parseArticleId } from "../../../../../../knowledge/article-id.ts";
import { pageTitle } from "../../../../../_lib/page-title.ts";
import { ArticleEditor } from "./_components/article-editor.tsx";

export const generateMetadata = () => pageTitle("knowledge");

export default async function EditArticlePage({ params }: { params: Promise<{ kind: string; id: string }> }) {
  const { kind, id } = await params;
  const articleId = `${kind}/${id}`;
  if (!parseArticleId(articleId)) notFound();
  return <ArticleEditor articleId={articleId} />;
}
