// My account: password, second factor, passkeys, sessions.
import { pageTitle } from "../../_lib/page-title.ts";
import { Account } from "./_components/account.tsx";

export const generateMetadata = () => pageTitle("account");

export default function AccountPage() {
  return <Account />;
}
