// What libraries must be told under our content security policy. The root layout puts it, with the nonce, before every other script.

/**
 * Gives the page's nonce to style elements that our own scripts make: dialogs lock the scrolling with one, toasts bring theirs. Without it the
 * policy would have to allow inline styles, and with them those of injected markup, which the parser makes and which stays refused.
 * And tells zod not to try whether it may compile code: it may not.
 */
export const policyScript = `{
  const { nonce } = document.currentScript;
  const make = Document.prototype.createElement;
  Document.prototype.createElement = function createElement(...args) {
    const element = Reflect.apply(make, this, args);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };
  globalThis.__zod_globalConfig = { jitless: true };
}`;
