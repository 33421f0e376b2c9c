/** The media type of pages. */
export const HTML = 'text/html; charset=utf-8';

/** A page for people who followed a mailed link. It works without script and loads nothing. */
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
</body>
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
button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.3rem;background:#1558d6;color:#fff;cursor:pointer}`;
