import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../src/contract-kit/dto.js';
import { OAUTH_ERRORS } from '../../src/oauth/oauth.errors.js';
import { AboutTokenDto, TokenRequestDto } from '../../src/oauth/oauth.dto.js';
import { OAUTH_REFUSALS } from '../../src/oauth/oauth-error.js';
import { type WireAnswer, wordingOf } from '../../src/contract-kit/wire-error.js';

interface OAuthAnswer extends WireAnswer {
  readonly body: { readonly error: string; readonly error_description: string };
}

const printed = readFileSync('docs/native-api.md', 'utf8')
  .split('\n')
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .filter(([status, error]) => /^\d{3}$/.test(status ?? '') && /^`[a-z_]+`$/.test(error ?? ''))
  .map(([status, error, sentence]) => [Number(status), error?.slice(1, -1), sentence]);

const answers = [
  ...Object.values(OAUTH_REFUSALS),
  ...[TokenRequestDto, AboutTokenDto]
    .flatMap(rulesOf)
    .map((violation) => wordingOf(OAUTH_ERRORS, 'fields_invalid', { violations: [violation] })),
  wordingOf(OAUTH_ERRORS, 'token_type_wrong', {}),
] as OAuthAnswer[];

describe('docs/native-api.md', () => {
  it('has a row for every refusal that only the OAuth routes know, as it is answered, and no other', () => {
    const answered = answers.map(({ status, body }) => [status, body.error, body.error_description]);
    expect(printed.map(String).sort()).toEqual(answered.map(String).sort());
  });

  it.each(answers)('words $body.error in the characters that RFC 6749 §5.2 allows', ({ body }) => {
    expect(`${body.error}${body.error_description}`).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  });
});
