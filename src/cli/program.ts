import { Command, InvalidArgumentError, Option } from 'commander';
import { example, JSON_OPTION } from './help.js';
import { addAccount, addAudit, addSessions } from './help-desk-program.js';
import type { Scope } from '../tokens/service-clients.service.js';

/** The scopes that there are, spelt out here so that help needs not load the service; a test compares. */
export const CLIENT_SCOPES: readonly Scope[] = ['introspect', 'introspect:refresh', 'revoke'];

const SCOPE_HELP = `what it may do: ${CLIENT_SCOPES.join(' or ')}; may be repeated`;

/**
 * The command line `latchkey`. What a command does is loaded when it is run: help must be quick.
 * @param version what `--version` tells
 */
export function program(version: string): Command {
  const latchkey = new Command('latchkey')
    .description('One account store behind every login API that your front ends already speak.')
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText(
      'after',
      `
Run it as node bin/latchkey.js in the folder of the service. Settings come from the environment and from .env there.
No password and no secret is ever an argument: they are asked for, or read from standard input.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage.`,
    );
  addService(latchkey);
  addAdmin(latchkey);
  addAccount(latchkey);
  addSessions(latchkey);
  addAudit(latchkey);
  addClient(latchkey);
  addKeys(latchkey);
  addBackup(latchkey);
  addCopy(latchkey);
  addDoctor(latchkey);
  refuseRepeated(latchkey);
  return latchkey;
}

/** Has each command refuse an option with one value that is given twice: the first would be passed over. */
function refuseRepeated({ commands, options }: Command): void {
  for (const command of commands) refuseRepeated(command);
  for (const option of options) {
    if (option.isBoolean() || option.parseArg) continue;
    let isGiven = false;
    option.argParser((value: string) => {
      if (isGiven) throw new InvalidArgumentError('It is given twice.');
      isGiven = true;
      return value;
    });
  }
}

function addService(latchkey: Command): void {
  latchkey
    .command('serve')
    .description('run the service until SIGTERM, SIGINT or SIGHUP, as node dist/main.js does')
    .addHelpText('after', example('latchkey serve'))
    .action(async () => {
      await (await import('../start.js')).start();
      // A signal ends it, and the process with it.
      await new Promise(() => undefined);
    });
  latchkey
    .command('migrate')
    .description('bring the database schema up to date; with SQLite only while no service runs on the data folder')
    .addHelpText('after', example('latchkey migrate'))
    .action(async () => (await import('./migrate.js')).migrateCommand());
}

function addAdmin(latchkey: Command): void {
  const admin = latchkey.command('admin').description('administrators');
  admin
    .command('create')
    .description('create an administrator; the password is asked for, or is the first line of standard input')
    .argument('<name>', 'the username')
    .option(
      '--email <address>',
      'the e-mail address; it counts once it is verified, and POST /verify/resend mails the link',
    )
    .addHelpText('after', example('latchkey admin create alice', 'pass show latchkey | latchkey admin create alice'))
    .action(async (name, options) => (await import('./admin.js')).createAdmin(name, options));
}

function addClient(latchkey: Command): void {
  const client = latchkey.command('client').description('services that may ask what tokens are worth');
  client
    .command('create')
    .description('create a client; prints its id and its secret, which is shown only now')
    .argument('<name>', 'what you call it')
    .requiredOption('--scope <scope>', SCOPE_HELP, withScope)
    .addHelpText('after', example('latchkey client create billing --scope introspect --scope revoke'))
    .action(async (name, options) => (await import('./clients.js')).createClient(name, options));
  client
    .command('list')
    .description('list every client: id, scopes, when it was created, whether it is active, name')
    .option(...JSON_OPTION)
    .addHelpText('after', example('latchkey client list', 'latchkey client list --json'))
    .action(async (options) => (await import('./clients.js')).listClients(options));
  client
    .command('scopes')
    .description('give a client these scopes in the place of those it had; they count within a second')
    .argument('<id>', 'its client_id, svc_…')
    .requiredOption('--scope <scope>', SCOPE_HELP, withScope)
    .addHelpText(
      'after',
      example('latchkey client scopes svc_0123456789abcdef01234567 --scope introspect --scope introspect:refresh'),
    )
    .action(async (id, options) => (await import('./clients.js')).changeScopes(id, options));
  client
    .command('revoke')
    .description('close a client for good: it is refused within a second')
    .argument('<id>', 'its client_id, svc_…')
    .addHelpText('after', example('latchkey client revoke svc_0123456789abcdef01234567'))
    .action(async (id) => (await import('./clients.js')).revokeClient(id));
}

function addKeys(latchkey: Command): void {
  const keys = latchkey.command('keys').description('the keys that sign access tokens').enablePositionalOptions();
  keys
    .command('list')
    .description('list every key: kid, algorithm, when it was created, and what it does')
    .option(...JSON_OPTION)
    .addHelpText('after', example('latchkey keys list', 'latchkey keys list --json'))
    .action(async (options) => (await import('./keys.js')).listKeys(options));
  keys
    .command('rotate')
    .description('publish the next key now; it signs after KEY_PUBLISH_AHEAD, when every cache of the JWKS knows it')
    .addHelpText('after', example('latchkey keys rotate'))
    .action(async () => (await import('./keys.js')).rotateKeys());
  keys
    .command('revoke')
    .description(
      'withdraw a key that leaked: every token that it signed is refused; if it signs, the next one does at once',
    )
    .argument('<kid>', 'its kid, as keys list tells it')
    // One kid in 64 begins with a hyphen, and is no option; nor is one that begins with -h or -V.
    .allowUnknownOption()
    .helpOption('--help', 'display help for command')
    .addHelpText('after', example('latchkey keys revoke O5hGjt0zMLbZPRBEQ1VJbYAPcUpGzxzFo7tqbNeH7yA'))
    .action(async (kid) => (await import('./keys.js')).revokeKey(kid));
}

function addBackup(latchkey: Command): void {
  latchkey
    .command('backup')
    .description('copy the embedded database into a new file, also while the service runs, and check the copy')
    .argument('<file>', 'where to; nothing may be there yet')
    .addHelpText('after', example('latchkey backup latchkey-2026-11-30.db'))
    .action(async (file) => (await import('./backup/backup.js')).backupCommand(file));
}

function addCopy(latchkey: Command): void {
  latchkey
    .command('copy')
    .description(
      'move an embedded database to PostgreSQL, also while the service runs; every session and token stays good',
    )
    .option('--from <place>', 'sqlite: and the folder or file of the embedded database; that of DATA_DIR by default')
    .option('--to <url>', 'an empty PostgreSQL database; DATABASE_URL by default; its password is asked for')
    .addOption(new Option('--undo', 'let the embedded database take writes again').conflicts('to'))
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      example('latchkey copy --from sqlite:./data --to postgres://latchkey@localhost/latchkey', 'latchkey copy --undo'),
    )
    .action(async (options) => (await import('./copy/copy.js')).copyCommand(options));
}

function addDoctor(latchkey: Command): void {
  latchkey
    .command('doctor')
    .description('check settings, files, database, names, keys, mail and clock, and say what to do; changes nothing')
    .option(...JSON_OPTION)
    .addHelpText('after', example('latchkey doctor'))
    .action(async (options) => (await import('./doctor/doctor.js')).doctor(options));
}

function withScope(text: string, before: readonly Scope[] = []): readonly Scope[] {
  const scope = CLIENT_SCOPES.find((name) => name === text);
  if (!scope) throw new InvalidArgumentError(`Allowed: ${CLIENT_SCOPES.join(', ')}.`);
  return [...before, scope];
}
