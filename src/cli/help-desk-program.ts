import { type Command, InvalidArgumentError } from 'commander';
import { example, JSON_OPTION } from './help.js';

const ACCOUNT_ID = ['its id, as account find tells it', withId] as const;

/** The commands for people who cannot get in. */
export function addAccount(latchkey: Command): void {
  const account = latchkey.command('account').description('people who cannot get in; each act is in the audit trail');
  account
    .command('find')
    .description('list the first 50 accounts by any part of a username or address: id, status, username, address')
    .argument('<text>', 'three characters or more; fewer are the beginning of a name')
    .option(...JSON_OPTION)
    .addHelpText('after', example('latchkey account find alice', 'latchkey account find @example.com --json'))
    .action(async (text, options) => (await import('./accounts.js')).findAccounts(text, options));
  account
    .command('email')
    .description('give an account another address; without --verified, a link that is mailed there makes it count')
    .argument('<id>', ...ACCOUNT_ID)
    .argument('<address>', 'the e-mail address')
    .option('--verified', 'its owner has proved it to you')
    .addHelpText('after', example('latchkey account email 42 alice@example.com --verified'))
    .action(async (id, address, options) => (await import('./accounts.js')).setEmail(id, address, options));
  account
    .command('reset-password')
    .description('mail an account a link to set a new password; the one of now works until then')
    .argument('<id>', ...ACCOUNT_ID)
    .addHelpText('after', example('latchkey account reset-password 42'))
    .action(async (id) => (await import('./accounts.js')).mailResetLink(id));
  account
    .command('unlock-pin')
    .description('let the PIN of an account be tried again at once')
    .argument('<id>', ...ACCOUNT_ID)
    .addHelpText('after', example('latchkey account unlock-pin 42'))
    .action(async (id) => (await import('./accounts.js')).unlockPin(id));
  account
    .command('clear-budgets')
    .description('forget the failed tries of an account: under its names, in its networks, in a row, and of its PIN')
    .argument('<id>', ...ACCOUNT_ID)
    .addHelpText('after', example('latchkey account clear-budgets 42'))
    .action(async (id) => (await import('./accounts.js')).clearBudgets(id));
}

/** The commands on sign-ins. */
export function addSessions(latchkey: Command): void {
  latchkey
    .command('sessions')
    .description('sign-ins of all accounts')
    .command('list')
    .description('list live sessions, the newest first: id, account, contract, when it was opened, from where')
    .option('--account <id>', 'of one account')
    .option('--contract <name>', 'opened through a contract')
    .option('--from <time>', 'opened then or later, as 2026-01-31T08:00:00Z')
    .option('--to <time>', 'opened before')
    .option('--limit <number>', 'how many; 50, and 200 at most')
    .option('--cursor <cursor>', 'go on where the list before ended')
    .option(...JSON_OPTION)
    .addHelpText('after', example('latchkey sessions list --contract cookie --to 2026-01-01T00:00:00Z'))
    .action(async (options) => (await import('./sessions.js')).listSessions(options));
}

/** The commands on the audit trail. */
export function addAudit(latchkey: Command): void {
  latchkey
    .command('audit')
    .description('who did what')
    .command('export')
    .description('print the audit trail as JSON lines, the newest first')
    .option('--account <id>', 'what was done to an account')
    .option('--actor <id>', 'what an account did')
    .option('--kind <kind>', 'a kind of event')
    .option('--refusal <code>', 'why it was refused')
    .option('--address <address>', 'the IP address it came from, or the e-mail address it was about')
    .option('--contract <name>', 'the contract or the part of the native API')
    .option('--client <id>', 'who did it that is no account: svc_…, command line or service')
    .option('--from <time>', 'then or later, as 2026-01-31T08:00:00Z')
    .option('--to <time>', 'before')
    .addHelpText(
      'after',
      example('latchkey audit export --kind signed_in --refusal password_wrong', 'latchkey audit export > audit.jsonl'),
    )
    .action(async (options) => (await import('./audit.js')).exportAudit(options));
}

function withId(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text) || Number(text) >= 2 ** 31)
    throw new InvalidArgumentError('Allowed: the id of an account.');
  return Number(text);
}
