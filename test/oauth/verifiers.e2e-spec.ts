import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyRotationService } from '../../src/auth/keys/key-rotation.service.js';
import { JWT_CONTRACTS, registerPending, signInThrough } from '../support/contract-tokens.js';
import { algNone, decode, forged, signedByStranger, signedWithSecret } from '../support/jwt.js';
import { OAuthClient, startIssuer } from '../support/oauth.client.js';
import type { Service } from '../support/service.js';
import { ofJose, type Verifier, VERIFIER_NAMES, verifiersOf } from '../support/verifiers.js';

const ALGORITHMS = ['ES256', 'RS256'] as const;

describe.each(ALGORITHMS)('the JWKS under %s', (algorithm) => {
  let service: Service;
  let verifiers: Verifier[];

  beforeAll(async () => {
    service = await startIssuer({ JWT_ALGORITHM: algorithm });
    verifiers = await verifiersOf(service.url, algorithm);
  });
  afterAll(async () => {
    for (const { close } of verifiers) close?.();
    await service.stop();
  });

  const verifier = (name: string): Verifier => verifiers.find((one) => one.name === name) as Verifier;

  describe.each(VERIFIER_NAMES)('as %s sees it', (name) => {
    it.each(JWT_CONTRACTS)('lets an access token of %s pass', async (contract) => {
      const { access = '' } = await signInThrough(service, contract);
      const { header, claims } = decode(access);
      expect(header).toMatchObject({ alg: algorithm, typ: 'at+jwt' });
      expect(await verifier(name).verify(access)).toEqual(claims);
    });

    it('lets a service client’s token pass', async () => {
      const token = await (await OAuthClient.of(service, 'introspect')).accessToken();
      expect(await verifier(name).verify(token)).toEqual(decode(token).claims);
    });

    it('lets no refresh token, no opaque token and no token of a pending account pass', async () => {
      const pair = await signInThrough(service, 'token-pair');
      const basic = await signInThrough(service, 'basic');
      const opaque = await signInThrough(service, 'opaque-token');
      const pending = await registerPending(service);
      const tokens = [pair.refresh, basic.refresh, opaque.opaque, pending.access, pending.refresh];
      expect(await passing(verifier(name), tokens)).toEqual([]);
    });

    it('lets no forged token pass', async () => {
      const { access = '' } = await signInThrough(service, 'cookie');
      const jwks = await (await fetch(`${service.url}/.well-known/jwks.json`)).text();
      const forgeries = [forged, algNone, signedByStranger, (token: string) => signedWithSecret(token, jwks)];
      expect(
        await passing(
          verifier(name),
          forgeries.map((forge) => forge(access)),
        ),
      ).toEqual([]);
    });
  });

  it('lets tokens of the former key and of the next pass, of which a cache knew before it signed', async () => {
    const jose = ofJose(service.url);
    const { access: former = '' } = await signInThrough(service, 'bare-token');
    service.advance(30 * 86_400 - 3600);
    await service.app.get(KeyRotationService).keepUp();
    await jose.verify(former);
    service.advance(3600);
    const { access: latter = '' } = await signInThrough(service, 'bare-token');

    expect(decode(latter).header.kid).not.toBe(decode(former).header.kid);
    expect(await jose.verify(latter)).toEqual(decode(latter).claims);
    expect(await jose.verify(former)).toEqual(decode(former).claims);
  });
});

/** Those of the tokens that a verifier lets pass. A fault of the test is none of its refusals. */
async function passing({ verify }: Verifier, tokens: readonly (string | undefined)[]): Promise<unknown[]> {
  const passed = [];
  for (const token of tokens) {
    const claims = await verify(token as string).catch((error: unknown) => {
      if (error instanceof TypeError) throw error;
    });
    if (claims) passed.push(claims);
  }
  return passed;
}
