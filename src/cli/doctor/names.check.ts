import { IsNull, MoreThan, Not, type DataSource } from 'typeorm';
import { Clock } from '../../config/clock.js';
import type { Config } from '../../config/env.js';
import { Smtp } from '../../mail/smtp.js';
import { canonical } from '../../users/canonical.js';
import { type IdentifierKind, isNewEmailAddress, isNewUsername, needsSmtpUtf8 } from '../../users/identifiers.js';
import { User } from '../../users/user.entity.js';
import { type Finding, ok, warn } from './finding.js';

/** How many accounts one statement reads, and how many one finding lists. */
const BATCH = 1000;
const LISTED = 50;

/** A name of an account. */
interface Named {
  readonly id: number;
  readonly kind: IdentifierKind;
  readonly name: string;
  readonly key: string;
  /** False for an address that the account only claims: many may. */
  readonly isUnique: boolean;
}

const MAY_BE_CHOSEN = { username: isNewUsername, email: isNewEmailAddress };

const COLUMN = { username: 'usernameKey', email: 'emailKey' } as const;

/** Looks for accounts whose names nobody could choose today, or that count as another's by now. They go on working. */
export async function checkNames(store: DataSource, config: Config): Promise<Finding[]> {
  const refused = new Set<number>();
  const needing = new Set<number>();
  const older: Named[] = [];
  for await (const named of namesIn(store)) {
    const { id, kind, name, key, isUnique } = named;
    if (!MAY_BE_CHOSEN[kind](name)) refused.add(id);
    else if (kind === 'email' && needsSmtpUtf8(name)) needing.add(id);
    if (isUnique && key !== canonical(kind, name)) older.push(named);
  }
  const findings = [
    ...found(refused, 'names that are refused today', 'look at them: invisible characters make names look alike'),
    ...found(
      await colliding(store, older),
      'names that count as alike by now',
      'each keeps its own spelling; if they are one person’s, delete one',
    ),
    ...found(
      needing.size > 0 && (await lacksSmtpUtf8(config)) ? needing : new Set(),
      'addresses that need SMTPUTF8, which the mail server does not offer',
      'mails do not reach them: take a mail server that offers it',
    ),
  ];
  return findings.length > 0 ? findings : [ok('names', 'every name could be chosen today, and none counts as two')];
}

function found(ids: ReadonlySet<number>, what: string, advice: string): Finding[] {
  if (ids.size === 0) return [];
  const listed = [...ids].sort((a, b) => a - b).slice(0, LISTED);
  const rest = ids.size > LISTED ? ` and ${ids.size - LISTED} more` : '';
  const whose = ids.size === 1 ? 'of 1 account' : `of ${ids.size} accounts`;
  return [warn('names', `${what}, ${whose}: ${listed.join(', ')}${rest}`, advice)];
}

async function* namesIn(store: DataSource): AsyncGenerator<Named> {
  const users = store.getRepository(User);
  const select = { id: true, username: true, usernameKey: true, email: true, emailKey: true, emailVerifiedAt: true };
  for (let after = 0, isLast = false; !isLast;) {
    const batch = await users.find({ select, where: { id: MoreThan(after) }, order: { id: 'ASC' }, take: BATCH });
    for (const { id, username, usernameKey, email, emailKey, emailVerifiedAt } of batch) {
      if (username !== null) yield { id, kind: 'username', name: username, key: usernameKey ?? '', isUnique: true };
      if (email !== null)
        yield { id, kind: 'email', name: email, key: emailKey ?? '', isUnique: emailVerifiedAt !== null };
    }
    isLast = batch.length < BATCH;
    after = batch.at(-1)?.id ?? after;
  }
}

/** Accounts with an older key whose canonical form another has, and these others. */
async function colliding(store: DataSource, older: readonly Named[]): Promise<Set<number>> {
  const ids = new Set<number>();
  const seen = new Map<string, number>();
  for (const { id, kind, name } of older) {
    const key = canonical(kind, name);
    const holder = await store.getRepository(User).findOne({
      select: { id: true },
      where: { [COLUMN[kind]]: key, id: Not(id), ...(kind === 'email' && { emailVerifiedAt: Not(IsNull()) }) },
    });
    const other = holder?.id ?? seen.get(`${kind} ${key}`);
    seen.set(`${kind} ${key}`, id);
    if (other !== undefined) ids.add(id).add(other);
  }
  return ids;
}

/** False also if the mail server cannot be asked, which is told where mail is checked. */
async function lacksSmtpUtf8(config: Config): Promise<boolean> {
  if (!config.SMTP_URL) return false;
  const smtp = new Smtp(config, new Clock());
  try {
    return !(await smtp.offersSmtpUtf8());
  } catch {
    return false;
  } finally {
    smtp.close();
  }
}
