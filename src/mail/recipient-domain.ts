import { domainToASCII } from 'node:url';

/** The last two labels of a recipient's domain: of one domain somebody may have any number of subdomains. */
export function domainOf(to: string): string {
  const host = to.slice(to.lastIndexOf('@') + 1);
  const domain = domainToASCII(host) || host.toLowerCase();
  return domain.split('.').slice(-2).join('.');
}
