import { TypeOrmModule } from '@nestjs/typeorm';
import { userDto } from '../admin/user.dto.js';
import { usersAsked } from '../admin/users-query.dto.js';
import { ActTrail } from '../auth/act-trail.js';
import { AdministrationListService } from '../auth/administration/administration-list.service.js';
import { HelpDeskService } from '../auth/administration/help-desk.service.js';
import { AT_TERMINAL } from '../auth/administration/operator.js';
import { ChosenAddresses } from '../auth/by-mail/chosen-addresses.js';
import { EmailProofs } from '../auth/by-mail/email-proofs.service.js';
import { Notices } from '../auth/by-mail/notices.js';
import { ProvedAddresses } from '../auth/by-mail/proved-addresses.js';
import { RevocationService } from '../auth/sessions/revocation.service.js';
import { readEnvironment } from '../config/env.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MailQueue } from '../mail/mail-queue.js';
import { MailSeal } from '../mail/mail-seal.js';
import { MailsStore } from '../mail/mails.store.js';
import { OneTimeToken } from '../tokens/one-time-token.entity.js';
import { OneTimeTokensService } from '../tokens/one-time-tokens.service.js';
import { OpaqueTokenService } from '../tokens/opaque-token.service.js';
import { RevocationFeed } from '../tokens/revocation-feed.js';
import { Revocations } from '../tokens/revocations.js';
import { SessionsService } from '../tokens/sessions.service.js';
import { TokenLifetimes } from '../tokens/token-lifetimes.js';
import { AccountList } from '../users/account-list.js';
import { AccountSearch } from '../users/account-search.js';
import { ClaimsStore } from '../users/claims.store.js';
import { EmailsStore } from '../users/emails.store.js';
import { EMAIL_MAX_LENGTH, isPlainText, lengthOf } from '../users/identifiers.js';
import { EpochsService } from '../users/epochs.service.js';
import { LastAdmin } from '../users/last-admin.js';
import { NamePartSearch } from '../users/name-part-search.js';
import { PinsStore } from '../users/pins.store.js';
import { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { demandEmail } from './chosen-email.js';
import { CommandError } from './command-error.js';
import { print, printList, remark } from './output.js';
import { demandRecorded, withServices } from './services.js';

const SEARCH = { providers: [AccountList, AccountSearch, NamePartSearch, AdministrationListService] };

/** A running service learns from the database whose sessions ended; no request is served here. */
const ENDS = [
  EpochsService,
  LastAdmin,
  SessionsService,
  RevocationService,
  { provide: TokenLifetimes, useValue: new TokenLifetimes(new Map()) },
  { provide: Revocations, useValue: { addAccount: () => undefined } satisfies Pick<Revocations, 'addAccount'> },
  {
    provide: RevocationFeed,
    useValue: { counting: (ending) => ending } satisfies Pick<RevocationFeed, 'counting'>,
  },
];

/** Without a thread that hashes, and without what sends mails: a running service does. */
const HELP_DESK = {
  imports: [TypeOrmModule.forFeature([User, OneTimeToken]), LimitsModule],
  providers: [
    ...ENDS,
    UsersService,
    ClaimsStore,
    EmailProofs,
    EmailsStore,
    PinsStore,
    OneTimeTokensService,
    OpaqueTokenService,
    MailSeal,
    MailsStore,
    MailQueue,
    Notices,
    // The command asks the mail server itself, before anything else.
    { provide: ChosenAddresses, useValue: { demand: () => undefined } satisfies Pick<ChosenAddresses, 'demand'> },
    ProvedAddresses,
    ActTrail,
    HelpDeskService,
  ],
};

const MAILED = 'A running service mails it within seconds; otherwise the next start does.';

/** `latchkey account find TEXT`. @throws {CommandError} for what can be in no name */
export async function findAccounts(query: string, { json = false }: { readonly json?: boolean }): Promise<void> {
  if (query === '' || lengthOf(query) > EMAIL_MAX_LENGTH || !isPlainText(query))
    throw new CommandError(`Search for 1 to ${EMAIL_MAX_LENGTH} characters, none of them a control character.`);
  await withServices(readEnvironment(), SEARCH, async (services) => {
    const { accounts, next } = await services.get(AdministrationListService).page(AT_TERMINAL, usersAsked({ query }));
    await demandRecorded(services);
    const rows = accounts.map(userDto);
    if (rows.length === 0) remark('No account has that in its username or e-mail address.');
    printList(rows, json, ({ id, status, username, email, email_verified_at }: (typeof rows)[number]) => [
      String(id),
      status,
      username ?? '-',
      email === null ? '-' : `${email}${email_verified_at === null ? ' (unverified)' : ''}`,
    ]);
    if (next !== undefined) remark('There are more: search for more of the name.');
  });
}

/** `latchkey account email ID ADDRESS`. @throws {CommandError} for what is no address */
export async function setEmail(
  id: number,
  email: string,
  { verified = false }: { readonly verified?: boolean },
): Promise<void> {
  await demandEmail(email, readEnvironment());
  const isMailed = await atHelpDesk((helpDesk) => helpDesk.setEmail(AT_TERMINAL, id, email, verified));
  print(`account ${id} has ${email}`);
  if (isMailed) remark(`It counts once the link is followed that is mailed there. ${MAILED}`);
}

/** `latchkey account reset-password ID`. */
export async function mailResetLink(id: number): Promise<void> {
  await atHelpDesk((helpDesk) => helpDesk.mailResetLink(AT_TERMINAL, id));
  print(`account ${id} gets a link to set a new password`);
  remark(MAILED);
}

/** `latchkey account unlock-pin ID`. */
export async function unlockPin(id: number): Promise<void> {
  await atHelpDesk((helpDesk) => helpDesk.unlockPin(AT_TERMINAL, id));
  print(`account ${id} may try its PIN again`);
}

/** `latchkey account clear-budgets ID`. */
export async function clearBudgets(id: number): Promise<void> {
  await atHelpDesk((helpDesk) => helpDesk.clearBudgets(AT_TERMINAL, id));
  print(`account ${id} has all its tries again`);
}

async function atHelpDesk<T>(act: (helpDesk: HelpDeskService) => Promise<T>): Promise<T> {
  return withServices(readEnvironment(), HELP_DESK, (services) => act(services.get(HelpDeskService)));
}
