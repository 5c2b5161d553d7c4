// Settings: how the console looks to me, tokens for tools, the identity provider.
import { pageTitle } from "../../_lib/page-title.ts";
import { Settings } from "./_components/settings.tsx";

export const generateMetadata = () => pageTitle("settings");

export default function SettingsPage() {
  return <Settings />;
}
