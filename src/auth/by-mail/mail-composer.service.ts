import { Injectable } from '@nestjs/common';
import type { Mail } from '../../mail/mail.js';
import { MailComposer, type MailJob, type Sending } from '../../mail/mail-job.js';
import { EmailChangeService } from './email-change.service.js';
import { EmailVerificationService } from './email-verification.service.js';
import type { Job, JobOf, Notice } from './mail-jobs.js';
import { noticeMail, noticesMail } from './mails.js';
import { PasswordResetService } from './password-reset.service.js';

/** Makes a mail, or decides that there is none to send any more. */
type Composers = {
  readonly [Kind in Job['kind']]: (job: JobOf<Kind>, id: string, isFirstTry: boolean) => Promise<Mail | undefined>;
};

/** Makes the mails of all kinds of jobs. */
@Injectable()
export class MailComposerService extends MailComposer {
  private readonly composers: Composers;

  constructor(
    verification: EmailVerificationService,
    emailChange: EmailChangeService,
    passwordReset: PasswordResetService,
  ) {
    super();
    this.composers = {
      verify_email: (job, id) => verification.compose(job, id),
      verify_email_requested: ({ email }, id) => verification.composeRequested(email, id),
      change_email: (job, id) => emailChange.compose(job, id),
      reset_password: ({ accountId }, id) => passwordReset.compose(accountId, id),
      reset_password_requested: (job, id, isFirstTry) => passwordReset.composeRequested(job, id, isFirstTry),
      notice: async (notice) => noticeMail(notice),
    };
  }

  override async compose(jobs: readonly MailJob[], { id, isFirstTry, isFurther }: Sending): Promise<Mail | undefined> {
    // Only notices are put together.
    if (jobs.length > 1 || isFurther) return noticesMail(jobs as unknown as readonly Notice[], isFurther);
    const job = jobs[0] as Job;
    const compose = this.composers[job.kind] as (...of: [Job, string, boolean]) => Promise<Mail | undefined>;
    return compose(job, id, isFirstTry);
  }
}
