// Settings: how the console looks to me, my password, tokens for tools.
import { pageTitle } from "../../_lib/page-title.ts";
import { Settings } from "./_components/settings.tsx";

export const generateMetadata = () => pageTitle("settings");

export default function SettingsPage() {
  return <Settings />;
}
