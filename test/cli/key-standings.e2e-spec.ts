import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLog } from '../../src/audit/audit-log.js';
import { KeyAdministrationService } from '../../src/auth/keys/key-administration.service.js';
import { KeyRotationService } from '../../src/auth/keys/key-rotation.service.js';
import { ServiceSecret } from '../../src/config/service-secret.js';
import { Clock } from '../../src/config/clock.js';
import { SigningKeysStore } from '../../src/tokens/signing-keys.store.js';
import { type Service, startService } from '../support/service.js';

const HOUR = 3600;
/** Tokens live for a day at most here, and a key stays 5 minutes longer. */
const STAYS = 24 * HOUR + 300;

let service: Service;
let keys: KeyAdministrationService;

beforeAll(async () => {
  service = await startService({ BARE_TOKEN_TTL: '1d', KEY_PUBLISH_AHEAD: '1h' });
  const { app, config } = service;
  keys = new KeyAdministrationService(
    app.get(SigningKeysStore),
    app.get(AuditLog),
    config,
    app.get(ServiceSecret),
    app.get(Clock),
  );
});
afterAll(() => service.stop());

const standings = async (): Promise<object[]> => (await keys.list()).map(({ kid, state, at }) => ({ kid, state, at }));

describe('keys list', () => {
  it('tells of a key from when it is published until it is removed', async () => {
    const [first] = await keys.list();
    // Two operators at the same time: one publishes, the other is told of that key.
    const rotations = await Promise.all([keys.rotate(), keys.rotate()]);
    expect(rotations.map(({ published }) => published).sort((one, other) => Number(one) - Number(other))).toEqual([
      false,
      true,
    ]);
    const { kid, signsFrom } = rotations[0];
    expect(rotations[1]).toMatchObject({ kid, signsFrom });
    expect(await standings()).toEqual([
      { kid: first?.kid, state: 'signs', at: undefined },
      { kid, state: 'waiting', at: signsFrom },
    ]);

    service.advance(HOUR);
    const until = new Date(signsFrom.getTime() + STAYS * 1000);
    const published = [
      { kid: first?.kid, state: 'published', at: until },
      { kid, state: 'signs', at: undefined },
    ];
    expect(await standings()).toEqual(published);

    const rotation = service.app.get(KeyRotationService);
    service.advance(STAYS - 60);
    await rotation.look();
    expect(await standings()).toEqual(published);
    service.advance(61);
    await rotation.look();
    expect(await standings()).toEqual([{ kid, state: 'signs', at: undefined }]);
  });

  it('says that the next in line signs when all whose turn had come are withdrawn', async () => {
    const signer = (await keys.list()).find(({ state }) => state === 'signs');
    const { kid } = await keys.rotate();
    expect(await keys.revoke(String(signer?.kid))).toBe(true);
    expect(await standings()).toEqual([
      { kid: signer?.kid, state: 'withdrawn', at: expect.any(Date) },
      { kid, state: 'signs', at: undefined },
    ]);
    expect(await keys.revoke(String(signer?.kid))).toBe(false);
    expect(await keys.revoke('unknown')).toBe(false);
  });
});
