import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Sql, type SqlValue } from '../database/sql.js';
import { UuidV7 } from '../database/uuid-v7.js';
import { networksOf } from '../network/networks.js';
import type { MailJob } from './mail-job.js';
import { IS_DUE, WHEN_COLLECTED, whenWaited } from './due-mails.js';
import type { Addressing, Busy, LeasedMail } from './waiting-mails.js';
import { domainOf } from './recipient-domain.js';
import { MailSeal } from './mail-seal.js';

/** Mails that wait for one account, and for all. */
const PER_OWNER = 100;
const LIMIT = 10_000;

/** How long a mail that is being sent is left alone, in seconds. Whoever sent it may have died. */
const LEASE_SECONDS = 120;

/** How long notices are collected after one was sent, in seconds. */
const COLLECTED_SECONDS = 600;

interface Row {
  id: string;
  group_key: string | null;
  sealed: string;
  tries: number;
  site_key: string;
  domain_key: string;
}

/** The statements on mails that wait. */
@Injectable()
export class MailsStore {
  private readonly ids = new UuidV7();

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly seal: MailSeal,
  ) {}

  /**
   * Adds a job. A stranger's job is added once for each owner and site until it was tried. Returns false if too many jobs of
   * its owner wait. If too many wait in all, the newest of the owner with most makes room; among owners with as many, that
   * of the one whose mail has failed most often.
   */
  async add(job: MailJob, { owner, to, from, isOfStranger = false, group }: Addressing): Promise<boolean> {
    const keys = {
      ownerKey: this.seal.hash(owner),
      siteKey: this.seal.hash(networksOf(from ?? undefined).site),
      groupKey: group === undefined ? null : this.seal.hash(group),
    };
    if (isOfStranger && (await this.isAsked(keys))) return true;
    if (await this.isFull()) await this.makeRoom();
    const id = this.ids.next(this.clock.nowMs());
    const due = job.waitsSeconds === undefined ? WHEN_COLLECTED : whenWaited(job.waitsSeconds);
    const first = 'FROM mails WHERE tries = 0 AND next_try_at <= {now}';
    // Behind the last of its owner, its site and its domain, and not before whoever is served now (start-time fair queueing).
    const turn = `SELECT MAX(turn) FROM (
      SELECT MAX(turn) + 1 AS turn ${first} AND owner_key = :ownerKey UNION ALL
      SELECT MAX(turn) + 1 ${first} AND site_key = :siteKey UNION ALL
      SELECT MAX(turn) + 1 ${first} AND domain_key = :domainKey UNION ALL
      SELECT MIN(turn) ${first}) AS turns`;
    const rows = await this.sql.rows(
      `INSERT INTO mails (id, owner_key, site_key, domain_key, group_key, is_of_stranger, sealed, created_at, next_try_at,
         tries, turn)
       SELECT :id::uuid, :ownerKey::text, :siteKey::text, :domainKey::text, :groupKey::text, ${isOfStranger},
         :sealed::text, {now}, ${due}, 0, COALESCE((${turn}), 0)
       WHERE (SELECT COUNT(*) FROM mails WHERE owner_key = :ownerKey) < ${PER_OWNER}
         AND (SELECT COUNT(*) FROM mails) < ${LIMIT}
       RETURNING id`,
      {
        id,
        ...keys,
        domainKey: this.seal.hash(domainOf(to)),
        sealed: this.seal.seal(job, id),
      },
    );
    return rows.length === 1;
  }

  /**
   * Takes a mail that is due, so that no other instance does: one that was never tried, in turn by owner, site and domain,
   * or a retry. From a group it takes the first.
   */
  async lease(kind: 'first try' | 'retry', { siteKeys, domainKeys }: Busy): Promise<LeasedMail | undefined> {
    const [condition, order] = kind === 'retry' ? ['tries > 0', 'tries, turn, next_try_at'] : ['tries = 0', 'turn, id'];
    const parameters: Record<string, string> = {};
    const isFree = (column: string, keys: readonly string[]): string => {
      const names = keys.map((key, n) => {
        parameters[`${column}${n}`] = key;
        return `:${column}${n}`;
      });
      return keys.length > 0 ? `AND ${column} NOT IN (${names.join(', ')})` : '';
    };
    const [mail] = await this.take(
      `id IN (SELECT id FROM mails WHERE ${IS_DUE} AND ${condition} ${isFree('site_key', siteKeys)}
         ${isFree('domain_key', domainKeys)} ORDER BY ${order} LIMIT 1)`,
      parameters,
    );
    return mail;
  }

  /** Takes the other mails of a group that are due. */
  async leaseGroup(group: string): Promise<LeasedMail[]> {
    return this.take(`group_key = :group`, { group });
  }

  /** Puts a mail that could not be sent off. */
  async putOff(id: string, seconds: number): Promise<void> {
    await this.sql.rows(`UPDATE mails SET next_try_at = {now+${Math.round(seconds)}} WHERE id = :id`, { id });
  }

  /** Removes a mail that was sent or given up. */
  async remove(id: string): Promise<void> {
    await this.sql.rows('DELETE FROM mails WHERE id = :id', { id });
  }

  /** True if a job of an owner would be added. */
  async hasRoom(owner: string): Promise<boolean> {
    const [row] = await this.sql.rows<{ waiting: number | string }>(
      'SELECT COUNT(*) AS waiting FROM mails WHERE owner_key = :key',
      { key: this.seal.hash(owner) },
    );
    return Number(row?.waiting) < PER_OWNER;
  }

  /** Removes what waits for an owner. */
  async forget(owner: string): Promise<void> {
    await this.sql.rows('DELETE FROM mails WHERE owner_key = :key', { key: this.seal.hash(owner) });
  }

  /** Leaves of a notice that was sent a mark, at whose end what is collected of its group is due. */
  async mark(id: string, group: string): Promise<void> {
    await this.sql.rows(
      `UPDATE mails SET sealed = CASE id WHEN :id::uuid THEN '' ELSE sealed END, tries = 0,
         next_try_at = {now+${COLLECTED_SECONDS}} WHERE group_key = :group`,
      { id, group },
    );
  }

  /** True if a mail is due. */
  async hasDue(): Promise<boolean> {
    return (await this.sql.rows(`SELECT 1 AS one FROM mails WHERE ${IS_DUE} LIMIT 1`)).length > 0;
  }

  /** Number of mails that wait, but for those that strangers asked for. */
  async count(): Promise<number> {
    const [row] = await this.sql.rows<{ waiting: number | string }>(
      `SELECT COUNT(*) AS waiting FROM mails WHERE sealed <> '' AND NOT is_of_stranger`,
    );
    return Number(row?.waiting);
  }

  /** The condition on the time holds once more for a row that another instance took meanwhile. */
  private async take(condition: string, parameters: Readonly<Record<string, SqlValue>>): Promise<LeasedMail[]> {
    const rows = await this.sql.rows<Row>(
      `UPDATE mails SET next_try_at = {now+${LEASE_SECONDS}}, tries = tries + 1
       WHERE ${condition} AND next_try_at <= {now} RETURNING id, group_key, sealed, tries, site_key, domain_key`,
      parameters,
    );
    return rows.map((row) => ({
      id: row.id,
      group: row.group_key,
      tries: row.tries,
      job: this.seal.unseal(row.sealed, row.id),
      isMark: row.sealed === '',
      siteKey: row.site_key,
      domainKey: row.domain_key,
    }));
  }

  /** True if the same site asked for the same before, and that was not tried yet. */
  private async isAsked(
    keys: Readonly<Record<'ownerKey' | 'siteKey', string> & { groupKey: string | null }>,
  ): Promise<boolean> {
    const rows = await this.sql.rows(
      `SELECT 1 AS one FROM mails WHERE owner_key = :ownerKey AND site_key = :siteKey AND is_of_stranger AND tries = 0
         AND COALESCE(group_key, '') = COALESCE(:groupKey::text, '') LIMIT 1`,
      keys,
    );
    return rows.length > 0;
  }

  private async isFull(): Promise<boolean> {
    const [row] = await this.sql.rows<{ waiting: number | string }>('SELECT COUNT(*) AS waiting FROM mails');
    return Number(row?.waiting) >= LIMIT;
  }

  private async makeRoom(): Promise<void> {
    const most = 'SELECT owner_key FROM mails GROUP BY owner_key ORDER BY COUNT(*) DESC, MAX(tries) DESC LIMIT 1';
    const newest = `SELECT id FROM mails WHERE owner_key = (${most}) ORDER BY id DESC LIMIT 1`;
    await this.sql.rows(`DELETE FROM mails WHERE id = (${newest})`);
  }
}
