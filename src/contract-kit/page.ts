import { createHash } from 'node:crypto';

/** The media type of pages. */
export const HTML = 'text/html; charset=utf-8';

/** Keeps a form from being sent twice. The pages work without it. */
const SCRIPT = `for (const form of document.forms) {
  const disable = (isSending) => form.querySelectorAll('button').forEach((button) => (button.disabled = isSending));
  form.addEventListener('submit', () => disable(true));
  addEventListener('pageshow', () => disable(false));
}`;

/** What a page may load: its own style, and just this script. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`,
  "form-action 'self'",
].join('; ');

/** A page for people. It works without script and loads nothing. */
export function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
${content.includes('<form') ? `<script>${SCRIPT}</script>\n` : ''}</body>
</html>
`;
}

/** A text as it stands in a page, in an attribute too. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `body{font:1.1rem/1.5 system-ui,sans-serif;color:#1c2128;background:#f3f5f8;margin:0}
main{max-width:32rem;margin:12vh auto 0;padding:2rem;background:#fff;border-radius:.5rem}
h1{font-size:1.4rem;margin-top:0}
label{display:block;margin-bottom:1rem}
input{display:block;box-sizing:border-box;width:100%;font:inherit;padding:.5rem}
[role=alert]{color:#a40e26}
button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.3rem;background:#1558d6;color:#fff;cursor:pointer}
button:disabled{opacity:.6;cursor:default}`;
