// Text in both languages of the console, carried next to the thing that it describes.

/** English and Simplified Chinese; both are written, neither is a machine's translation of the other. */
export type Text = { en: string; zh: string };
