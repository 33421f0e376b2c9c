/** The page of a link that works: says whose address it is and confirms by its button, for mail scanners follow links. */
export function confirmationPage(email: string): string {
  return page(
    'Confirm your e-mail address',
    `<p>Somebody registered an account with <strong>${escape(email)}</strong>.</p>
<form method="post"><button>Yes, this is my address</button></form>
<p>If you did not register, close this page: without your confirmation nobody can sign in with this address.</p>`,
  );
}

/** The page after confirming. */
export function confirmedPage(email: string): string {
  return page('Address confirmed', `<p><strong>${escape(email)}</strong> is confirmed. You can sign in now.</p>`);
}

/** The page of a link that was used, has expired or never existed. */
export function deadLinkPage(): string {
  return page(
    'This link does not work any more',
    `<p>It was used already, or it is older than 24 hours. If your address is not confirmed yet, sign in once more or ask
for another link where you registered.</p>`,
  );
}

function page(title: string, content: string): string {
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

const STYLE = `body{font:1.1rem/1.5 system-ui,sans-serif;color:#1c2128;background:#f3f5f8;margin:0}
main{max-width:32rem;margin:12vh auto 0;padding:2rem;background:#fff;border-radius:.5rem}
h1{font-size:1.4rem;margin-top:0}
button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.3rem;background:#1558d6;color:#fff;cursor:pointer}`;

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
