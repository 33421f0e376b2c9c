import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DRIVERS } from '../drivers/index.js';

describe.each(DRIVERS)('the README of $name', ({ name, newPerson, refusals }) => {
  it('says that names count in any case, and what happens to Bob beside bob', () => {
    const readme = readFileSync(`src/contracts/${name}/README.md`, 'utf8');
    const { status, body } = refusals.taken({ ...newPerson(), username: 'Bob', email: 'Bob@example.com' });
    const [said] = /^- Names count in any case of letters[^]*?(?=\n[-\n])/m.exec(readme) ?? [];
    expect(said).toMatch(/`Bob(@example\.com)?` beside\s+`bob(@example\.com)?`/);
    expect(said).toContain(String(status));
    expect(said).toContain(`\`${JSON.stringify(body)}\``);
  });
});
