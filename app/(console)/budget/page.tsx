// The safety budget of each pool, and who has which node in hand.
import { pageTitle } from "../../_lib/page-title.ts";
import { Budgets } from "./_components/budgets.tsx";

export const generateMetadata = () => pageTitle("budget");

export default function BudgetPage() {
  return <Budgets />;
}
