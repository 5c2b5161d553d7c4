// Next build settings. Next only renders pages; API, events and sign-in are served by web/ in front of it.
import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
  // Types are checked once, by `npm run check`; a first start should not pay for them again.
  typescript: { ignoreBuildErrors: true },
  images: { unoptimized: true },
};

export default config;
