import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { expect } from 'vitest';
import type { Instances } from './instances.js';
import { linkIn } from './outbox.js';

/** The last link that was mailed to an address, at whichever instance is next; waits until there is one. */
export async function mailedLink(instances: Instances, email: string): Promise<string> {
  const outbox = join(instances.folder, 'data', 'outbox');
  let link: string | undefined;
  const look = async (): Promise<boolean> => {
    for (const name of existsSync(outbox) ? readdirSync(outbox).sort() : []) {
      const mail = await PostalMime.parse(readFileSync(join(outbox, name), 'utf8'));
      if (mail.to?.some(({ address }) => address === email)) link = linkIn(mail);
    }
    return link !== undefined;
  };
  await expect.poll(look).toBe(true);
  return instances.next() + new URL(link as string).pathname;
}
