import { escape, page } from './page.js';

/** The page that tells a person of a refusal. */
export function refusalPage(title: string, retryAfterSeconds: number | undefined): string {
  const advice = retryAfterSeconds
    ? `Wait ${duration(retryAfterSeconds)}, then go back and try again.`
    : 'Go back, look at what you sent, and try again.';
  return page(escape(title), `<p>${advice}</p>`);
}

function duration(seconds: number): string {
  return seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
