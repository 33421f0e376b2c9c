import { Injectable } from '@nestjs/common';
import type { Mail } from '../../mail/mail.js';
import { type IdentifiedJob, MailComposer, type Sending } from '../../mail/mail-job.js';
import { EmailChangeService } from './email-change.service.js';
import { EmailVerificationService } from './email-verification.service.js';
import type { EmailChange, EmailVerification, Job, JobOf, Notice } from './mail-jobs.js';
import { noticeMail, noticesMail } from './notice-mails.js';
import { PasswordResetService } from './password-reset.service.js';

/** Makes a mail, or decides that there is none to send any more. */
type Composers = {
  readonly [Kind in Job['kind']]: (job: JobOf<Kind>, id: string, isFirstTry: boolean) => Promise<Mail | undefined>;
};

/** Makes one mail of several jobs of a kind that are put together. Those of other kinds ask for the same mail. */
type Together = {
  readonly [Kind in Job['kind']]?: (mails: readonly IdentifiedJob[], isFurther: boolean) => Promise<Mail | undefined>;
};

/** Makes the mails of all kinds of jobs. */
@Injectable()
export class MailComposerService extends MailComposer {
  private readonly composers: Composers;
  private readonly together: Together;

  constructor(
    verification: EmailVerificationService,
    emailChange: EmailChangeService,
    passwordReset: PasswordResetService,
  ) {
    super();
    this.composers = {
      verify_email: (job, mailId) => verification.compose([{ ...job, mailId }]),
      verify_email_requested: (job, id) => verification.composeRequested(job, id),
      change_email: (job, mailId) => emailChange.compose([{ job, mailId }]),
      reset_password: ({ accountId }, id) => passwordReset.compose(accountId, id),
      reset_password_requested: (job, id, isFirstTry) => passwordReset.composeRequested(job, id, isFirstTry),
      notice: async (notice) => noticeMail(notice),
    };
    this.together = {
      verify_email: (mails) =>
        verification.compose(mails.map(({ id, job }) => ({ mailId: id, ...(job as EmailVerification) }))),
      change_email: (mails) =>
        emailChange.compose(mails.map(({ id, job }) => ({ mailId: id, job: job as EmailChange }))),
      notice: async (notices, isFurther) =>
        noticesMail(
          notices.map(({ job }) => job as Notice),
          isFurther,
        ),
    };
  }

  override async compose(
    mails: readonly IdentifiedJob[],
    { isFirstTry, isFurther }: Sending,
  ): Promise<Mail | undefined> {
    const [{ id, job }] = mails as [{ id: string; job: Job }];
    const together = this.together[job.kind];
    if (together && (mails.length > 1 || isFurther)) return together(mails, isFurther);
    const compose = this.composers[job.kind] as (...of: [Job, string, boolean]) => Promise<Mail | undefined>;
    return compose(job, id, isFirstTry);
  }
}
