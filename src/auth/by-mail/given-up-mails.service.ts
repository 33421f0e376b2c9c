import { Injectable } from '@nestjs/common';
import { BY_SERVICE } from '../../audit/audit-entry.js';
import { AuditLog } from '../../audit/audit-log.js';
import { GivenUpMails } from '../../mail/given-up-mails.js';
import type { MailJob } from '../../mail/mail-job.js';
import { canonical } from '../../users/canonical.js';
import { UsersService } from '../../users/users.service.js';
import type { Job } from './mail-jobs.js';

type Whom = { readonly accountId: number } | { readonly identifier: string };

/** Tells the audit trail of mails that were given up. */
@Injectable()
export class GivenUpMailsService extends GivenUpMails {
  constructor(
    private readonly users: UsersService,
    private readonly audit: AuditLog,
  ) {
    super();
  }

  protected override async tell(job: MailJob): Promise<void> {
    const detail = { mail: job.kind, ...(job.kind === 'notice' && { of: job['what'] }) };
    const whom = await this.whom(job as unknown as Job);
    this.audit.record({ kind: 'mail_given_up', from: BY_SERVICE, actor: BY_SERVICE.actor, ...whom, detail });
  }

  /** Of a mail that was asked for by address, the account that has it now. */
  private async whom(job: Job): Promise<Whom> {
    if ('accountId' in job) return { accountId: job.accountId as number };
    const email = job.kind === 'notice' ? job.to : job.email;
    const user = await this.users.findByName('email', email);
    return user ? { accountId: user.id } : { identifier: canonical('email', email) };
  }
}
