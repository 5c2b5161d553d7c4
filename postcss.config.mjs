// PostCSS as Next reads it: Tailwind 4 only.
const config = { plugins: { "@tailwindcss/postcss": {} } };

export default config;
