/**
 * The limit of a refresh: one HS256 verification, the service's own statement prepared once on the same schema and data, and
 * two signatures, by hand, and an answer of the same form.
 */
import { createHmac, randomUUID, sign, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import Fastify from 'fastify';
import { keysOf } from '../store/keys.js';
import { type RecordedAnswer, recordedAnswers, reply } from './reply.js';

interface Row {
  readonly id: string;
  readonly user_id: number;
  readonly generation: number;
  readonly username: string;
}

type Claims = Readonly<Record<string, unknown>>;

const folder = process.env.DATA_DIR as string;
const issuer = process.env.PUBLIC_URL;
const keys = keysOf(folder);
const signingKey = { key: keys.privateKey, dsaEncoding: 'ieee-p1363' } as const;
const [answer] = recordedAnswers() as [RecordedAnswer];

const database = new Database(join(folder, 'latchkey.db'));
database.pragma('journal_mode = WAL');
database.pragma('synchronous = NORMAL');
const ofAccount = (column: string): string => `(SELECT ${column} FROM users WHERE users.id = sessions.user_id)`;
const rotate = database.prepare<[string, string, string, number, string], Row>(
  `UPDATE sessions SET generation = generation + 1, rotated_at = ?, last_seen_at = ?
   WHERE id = ? AND generation = ? AND revoked_at IS NULL AND expires_at > ?
     AND security_epoch = (SELECT security_epoch FROM users WHERE users.id = sessions.user_id AND status = 'active')
   RETURNING id, user_id, contract, security_epoch, generation, rotated_at, created_at, expires_at, revoked_because,
     pin_proved_at, ${['username', 'email', 'is_admin', 'status', 'email_verified_at', 'security_epoch'].map((column) => `${ofAccount(column)} AS ${column}`).join(', ')}`,
);

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const hmac = (text: string): Buffer => createHmac('sha256', keys.refreshKey).update(text).digest();
const refreshHeader = encode({ alg: 'HS256', typ: 'rt+jwt' });
const accessHeader = encode({ alg: 'ES256', typ: 'at+jwt', kid: keys.kid });

function claimsOf(token: string): Claims | undefined {
  const [header, claims, signature] = token.split('.') as [string, string, string];
  if (!timingSafeEqual(hmac(`${header}.${claims}`), Buffer.from(signature, 'base64url'))) return undefined;
  const read = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Claims;
  const counts = Number(read.exp) > Date.now() / 1000 && read.iss === issuer && read.client_id === 'token-pair';
  return counts ? read : undefined;
}

function refreshToken(common: Claims, { id, generation, user_id }: Row, iat: number): string {
  const own = {
    token_type: 'refresh',
    user_id,
    gen: generation,
    jti: `${id}.${generation}`,
    iat,
    exp: iat + 1_209_600,
  };
  const text = `${refreshHeader}.${encode({ ...own, ...common })}`;
  return `${text}.${hmac(text).toString('base64url')}`;
}

function accessToken(common: Claims, { user_id, username }: Row, iat: number): string {
  const own = { token_type: 'access', user_id, username, aud: issuer, jti: randomUUID(), iat, exp: iat + 3600 };
  const text = `${accessHeader}.${encode({ ...own, ...common })}`;
  return `${text}.${sign('sha256', Buffer.from(text), signingKey).toString('base64url')}`;
}

const app = Fastify();
app.post<{ Body: { refresh: string } }>(answer.path, (request, to) => {
  const claims = claimsOf(request.body.refresh);
  const now = new Date().toISOString().replace('T', ' ').replace('Z', '');
  const row = claims && rotate.get(now, now, claims.sid as string, claims.gen as number, now);
  if (!row) return to.code(401).send();
  const common = { iss: issuer, sub: String(row.user_id), client_id: 'token-pair', sid: row.id };
  const iat = Math.floor(Date.now() / 1000);
  const pair = { refresh: refreshToken(common, row, iat), access: accessToken(common, row, iat) };
  return reply(to, { ...answer, body: JSON.stringify(pair) });
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
