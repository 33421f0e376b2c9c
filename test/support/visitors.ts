import { cookieToken, withCookie } from './cookies.js';
import { type Answer, form, send, type Sending } from './http.js';
import { newPerson, type Person } from './people.js';
import { head, sendRaw } from './raw.js';
import { Secrets } from './secrets.js';
import type { Service } from './service.js';

/** What all five kinds of front end do, and what they do wrong, with every secret of it noted. */
export class Visitors {
  readonly secrets = new Secrets();
  private count = 0;

  constructor(private readonly service: Service) {}

  async ask(method: string, path: string, sending: Sending = {}): Promise<Answer> {
    const answer = await send(method, this.service.url + path, sending);
    this.secrets.keepAllOf(sending, answer);
    return answer;
  }

  /** A person with a password that nothing else in a log looks like. */
  person(): Person {
    return newPerson(this.secrets.keep(`Pw${++this.count}x${Math.random().toString(36).slice(2, 12)}`));
  }

  private bearer(token: unknown): Sending {
    return { headers: { authorization: `Bearer ${token as string}` } };
  }

  async bareToken(): Promise<void> {
    const { username, password } = this.person();
    await this.ask('POST', '/auth/register', { body: { username, password } });
    const { json } = await this.ask('POST', '/auth/login', { body: { username, password } });
    const { authToken } = (json ?? {}) as { authToken?: string };
    await this.ask('GET', '/auth/refresh', { headers: { authorization: authToken ?? 'a.forged.token' } });
    await this.ask('GET', '/auth/refresh', { headers: { authorization: `${authToken}x` } });
    await this.ask('POST', '/auth/login', { body: { username, password: this.person().password } });
  }

  async tokenPair(): Promise<void> {
    const { username, password } = this.person();
    await this.ask('POST', '/token-pair/auth/register', form({ username, password }));
    const { json } = await this.ask('POST', '/auth/token', { body: { username, password } });
    const { access, refresh } = (json ?? {}) as { access?: string; refresh?: string };
    await this.ask('GET', '/auth/getuser', this.bearer(access));
    await this.ask('POST', '/auth/token/refresh', { body: { refresh } });
    await this.ask('POST', '/auth/token/refresh', { body: { refresh: access } });
    await this.ask('POST', '/auth/token/verify', form({ token: refresh ?? 'a.forged.token' }));
    this.service.advance(31);
    await this.ask('POST', '/auth/token/refresh', { body: { refresh } });
    await this.ask('POST', '/auth/token', { body: { username, password: this.person().password } });
  }

  async cookie(): Promise<void> {
    const { username, email, password } = this.person();
    const strong = this.secrets.keep(`${password}#`);
    const registration = { username, email, password1: strong, password2: strong };
    await this.ask('POST', '/users/register', { body: registration });
    const mismatch = {
      ...registration,
      username: this.person().username,
      email: this.person().email,
      password2: strong.slice(1),
    };
    await this.ask('POST', '/users/register', { body: mismatch });
    await this.ask('POST', '/users/register', { body: registration });
    const answer = await this.ask('POST', '/users/login', { body: { username, password1: strong } });
    const headers = withCookie(answer.status === 200 ? this.secrets.keep(cookieToken(answer)) : 'a.forged.token');
    await this.ask('GET', '/protected/me', { headers });
    await this.ask('POST', '/protected/refresh_token', { headers });
    const [pin, newPin] = [this.secrets.keep('Pin#71'), this.secrets.keep('Pin#82')];
    await this.ask('POST', '/protected/pin', { headers, body: { pin } });
    await this.ask('POST', '/protected/pin', { headers: { ...headers, 'x-pin': pin }, body: { pin: newPin } });
    await this.ask('POST', '/protected/pin', { headers, body: { pin, current_pin: this.secrets.keep('Pin#93') } });
    await this.ask('POST', '/users/login', { body: { username, password1: this.person().password } });
    await this.ask('POST', '/users/logout', { headers });
  }

  async opaqueToken(): Promise<void> {
    const { username, password } = this.person();
    await this.ask('POST', '/register', { body: { username, password } });
    const { json } = await this.ask('POST', '/login', { body: { username, password } });
    const bearer = this.bearer((json as { token?: string } | undefined)?.token ?? 'A'.repeat(43));
    const change = (old_password: string): Promise<Answer> =>
      this.ask('POST', '/change-password', { ...bearer, body: { old_password, new_password: this.person().password } });
    await change(this.person().password);
    await change(password);
    await this.ask('POST', '/clear-tokens', bearer);
    await this.ask('POST', '/clear-tokens', bearer);
    await this.ask('POST', '/login', { body: { username, password: this.person().password } });
  }

  async basic(confirmEmail?: (email: string) => Promise<unknown>): Promise<void> {
    const { email, password } = this.person();
    const login = (typed: string): Promise<Answer> => {
      const authorization = `Basic ${Buffer.from(`${email}:${typed}`).toString('base64')}`;
      return this.ask('POST', '/api/v1.0/login', { headers: { authorization } });
    };
    const { json } = await this.ask('POST', '/api/v1.0/register', form({ email, password }));
    await login(password);
    await confirmEmail?.(email);
    await login(password);
    await login(this.person().password);
    const { refresh_token, access_token } = (json ?? {}) as { refresh_token?: string; access_token?: string };
    await this.ask('POST', '/api/v1.0/refresh', this.bearer(refresh_token));
    await this.ask('POST', '/api/v1.0/refresh', this.bearer(access_token));
    await this.ask('POST', '/verify/resend', { body: { email } });
  }

  /** Passwords where none belongs, and in what cannot be read. */
  async blunders(): Promise<void> {
    const password = (): string => this.person().password;
    for (const path of [
      '/auth/login',
      '/auth/token',
      '/users/login',
      '/login',
      '/api/v1.0/login',
      '/verify',
      '/password-reset',
      '',
    ]) {
      await this.ask('POST', `${path}?username=nobody&password=${password()}`);
      await this.ask('GET', `${path}?password=${password()}`);
      await this.ask('POST', `${path}/${password()}`);
      await this.ask('GET', `${path}/${password()}%ZZ`);
      await this.ask('GET', `${path}/${password()}${'a'.repeat(300)}`);
      await this.ask('GET', path || '/', { headers: { authorization: password(), cookie: `token=${password()}` } });
      for (const type of [
        'application/json',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=b',
        ';;',
      ])
        await this.ask('POST', path || '/', { headers: { 'content-type': type }, body: `{"password":"${password()}` });
      await this.ask('POST', path || '/', { body: [password()] });
      await this.ask('POST', path || '/', { body: { password: { nested: password() } } });
      await this.ask('POST', path || '/', { body: `"${password()}${'a'.repeat(100_001)}"` });
      await this.ask('OPTIONS', `${path}/${password()}`, { headers: { origin: `https://${password()}` } });
    }
    await sendRaw(this.service.url, head(`${password()} /auth/login HTTP/1.1`));
    await sendRaw(this.service.url, head('POST /auth/login HTTP/1.1', { [`${password()}:\0`]: password() }));
    await sendRaw(this.service.url, head('POST /auth/login HTTP/1.1', { cookie: password() + 'a'.repeat(17_000) }));
    const chunked = head('POST /auth/login HTTP/1.1', { 'transfer-encoding': 'chunked' });
    await sendRaw(this.service.url, `${chunked}4\r\n{"p"\r\n${password()}\r\n`);
  }

  async all(confirmEmail?: (email: string) => Promise<unknown>): Promise<void> {
    await this.bareToken();
    await this.tokenPair();
    await this.cookie();
    await this.opaqueToken();
    await this.basic(confirmEmail);
    await this.blunders();
  }
}
