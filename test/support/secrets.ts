import type { Answer, Sending } from './http.js';
import type { LogLine } from './service.js';

/** Whatever a log must never hold, as it was sent and as it may be written elsewhere. */
export class Secrets {
  private readonly values = new Set<string>();

  /** Notes a secret, and returns it. */
  keep<Text extends string>(secret: Text): Text {
    if (secret.length < 4) throw new Error(`"${secret}" is too short to be searched for.`);
    for (const value of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
      this.values.add(value);
    return secret;
  }

  /** Notes the values of headers that carry secrets, and every token in an answer. */
  keepAllOf({ headers }: Sending, answer: Answer): void {
    for (const name of ['authorization', 'cookie', 'x-pin'])
      for (const part of headers?.[name]?.split(/[ =]/) ?? []) if (part.length > 6) this.keep(part);
    for (const cookie of answer.headers['set-cookie'] ?? []) this.keep(cookie.split(';')[0] as string);
    for (const [field, value] of Object.entries((answer.json as Record<string, unknown> | undefined) ?? {}))
      if (answer.status < 300 && /token|refresh|access/i.test(field)) this.keep(value as string);
  }

  /** The lines that hold one of them. */
  foundIn(log: readonly LogLine[]): string[] {
    const lines = log.map((line) => JSON.stringify(line));
    return [...this.values].flatMap((secret) =>
      lines.filter((line) => line.includes(secret)).map((line) => `${secret} in ${line}`),
    );
  }
}
