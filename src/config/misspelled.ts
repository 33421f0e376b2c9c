import { SETTINGS } from './settings.js';

const NAMES = Object.keys(SETTINGS);

/** The longest name that may differ by one letter only, in characters. */
const SHORT = 7;

/**
 * A sentence for each name in an environment that is nearly a setting's. Where that setting is set too, the other name is
 * somebody else's. No value is told: it may be a secret.
 */
export function misspelledSettings(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(environment)
    .filter((name) => !NAMES.includes(name))
    .flatMap((name) => {
      const meant = NAMES.find((setting) => !environment[setting] && isNearly(name.toUpperCase(), setting));
      return meant === undefined ? [] : `${name} is no setting. Did you mean ${meant}?`;
    });
}

function isNearly(name: string, setting: string): boolean {
  const most = setting.length > SHORT ? 2 : 1;
  return Math.abs(name.length - setting.length) <= most && editsBetween(name, setting) <= most;
}

/** How many letters are missing, too many, wrong or swapped with the next: the optimal string alignment distance. */
function editsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    const [above, twoAbove] = [rows[i - 1] as number[], rows[i - 2]];
    for (let j = 1; j <= b.length; j++) {
      const changed = (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(changed, (above[j] as number) + 1, (row[j - 1] as number) + 1);
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (twoAbove && isSwapped) row[j] = Math.min(row[j] as number, (twoAbove[j - 2] as number) + 1);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] as number;
}
