/** The limit of a token's first sight: one ES256 verification and the checks of the claims, by hand, and the same answer. */
import { verify } from 'node:crypto';
import Fastify from 'fastify';
import { keysOf } from '../store/keys.js';
import { type RecordedAnswer, recordedAnswers, reply } from './reply.js';

const { kid, publicKey } = keysOf(process.env.DATA_DIR as string);
const issuer = process.env.PUBLIC_URL;
const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
const [answer] = recordedAnswers() as [RecordedAnswer];

const parse = (part: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;

function isValid(token: string): boolean {
  const [header, claims, signature] = token.split('.') as [string, string, string];
  const { alg, kid: named } = parse(header);
  if (alg !== 'ES256' || named !== kid) return false;
  if (!verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))) return false;
  const { exp, iss, aud } = parse(claims);
  return Number(exp) > Date.now() / 1000 && iss === issuer && aud === issuer;
}

const app = Fastify();
app.get(answer.path, (request, to) => {
  if (!isValid(request.headers.authorization?.slice('Bearer '.length) ?? '')) return to.code(401).send();
  return reply(to, answer);
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
