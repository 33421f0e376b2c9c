import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { AuthError } from '../errors/auth-error.js';
import { isCommonPassword } from './common-passwords.js';
import { isPassword, lengthOf } from './identifiers.js';

/** The shortest new password, in characters (Unicode code points). */
export const PASSWORD_MIN_LENGTH = 8;

/** The shortest word that adds nothing to a password; the letters of a shorter one may well stand there by chance. */
const WORD_MIN_LENGTH = 4;

/** Whose rules a new password has to keep: those of this service's own API, or those of a contract's document. */
export type PasswordRules = 'native' | 'contract';

/** The names of the account that a password is for. */
export interface PasswordOwner {
  readonly username?: string | null;
  readonly email?: string | null;
}

/**
 * Whether a text is acceptable as a new password where this service makes the rules: 8 characters of any kind, none of the
 * most common passwords, and still 8 characters without the words that anybody would guess (ASVS 5.0 §6.2).
 */
export function isAcceptableNewPassword(password: string, ...words: readonly string[]): boolean {
  return (
    isPassword(password) &&
    lengthOf(password) >= PASSWORD_MIN_LENGTH &&
    lengthOf(without(words, password)) >= PASSWORD_MIN_LENGTH &&
    !isCommonPassword(password)
  );
}

/** Says what a new password has to be. */
@Injectable()
export class PasswordPolicy {
  /** The words that are in everybody's mind here: the name of the service, and those of its address. */
  private readonly words: readonly string[];

  constructor(private readonly config: Config) {
    this.words = ['latchkey', ...new URL(config.PUBLIC_URL).hostname.split('.')];
  }

  /**
   * Demands that a password is acceptable as the new one of an account. The documents of the contracts accept short and
   * common ones, which `CONTRACT_STRICT` overrules.
   * @throws {AuthError} `password_invalid`
   */
  demand(password: string, rules: PasswordRules, { username, email }: PasswordOwner): void {
    const names = [email, email?.split('@')[0], username].filter((name) => name != null);
    const acceptable =
      rules === 'native' || this.config.CONTRACT_STRICT
        ? isAcceptableNewPassword(password, ...names, ...this.words)
        : isPassword(password);
    if (!acceptable) throw new AuthError('password_invalid');
  }
}

/** What is left of a text, in lower case, without some words. */
function without(words: readonly string[], text: string): string {
  return words
    .map((word) => word.toLowerCase())
    .filter((word) => lengthOf(word) >= WORD_MIN_LENGTH)
    .reduce((rest, word) => rest.replaceAll(word, ''), text.toLowerCase());
}
