import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MOUNTS, OpaqueTokenClient, told, UNAUTHORIZED } from '../support/opaque-token.client.js';
import { type Service, startService } from '../support/service.js';

/** The backend before this one gave UUIDs for tokens. */
const UUIDS = [
  '0f8fad5b-d9cb-469f-a165-70867728950e',
  '7C9E6679-7425-40DE-944B-E07FC1F90AE7',
  '00000000-0000-0000-0000-000000000000',
];

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe.each(MOUNTS)('a UUID as a token at %s', (mount) => {
  it.each(UUIDS)('is one that maps to nobody: %s', async (token) => {
    const client = new OpaqueTokenClient(service.url + mount);
    for (const answer of [await client.clearTokens(token), await client.use(token)]) {
      expect(told(answer)).toEqual(UNAUTHORIZED);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });
});
