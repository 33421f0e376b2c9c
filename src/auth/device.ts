import type { ApiPropertyOptions } from '@nestjs/swagger';
import Bowser from 'bowser';

const DEVICE_TYPES = ['desktop', 'mobile', 'tablet', 'tv', 'bot'] as const;

/** What a user agent says that it runs on. Anybody may claim anything. */
export interface Device {
  readonly browser: string | null;
  readonly browser_version: string | null;
  readonly os: string | null;
  readonly os_version: string | null;
  readonly type: (typeof DEVICE_TYPES)[number] | null;
}

const text = (example: string): object => ({ type: 'string', nullable: true, example });

/** A device as documents describe it, or null; OpenAPI 3.0 knows no null beside a reference. */
export const DEVICE_OR_NULL: ApiPropertyOptions = {
  type: 'object',
  nullable: true,
  description: 'Null if the user agent tells of none.',
  selfRequired: true,
  required: ['browser', 'browser_version', 'os', 'os_version', 'type'],
  properties: {
    browser: text('Firefox'),
    browser_version: text('128.0'),
    os: text('Windows'),
    os_version: text('10'),
    type: { ...text('desktop'), enum: [...DEVICE_TYPES, null] },
  },
};

/** The device that a user agent tells of, or `null` if it tells of none. Never throws, whatever the text. */
export function deviceOf(userAgent: string | null): Device | null {
  const device = userAgent && parsed(userAgent);
  return device && Object.values(device).some((value) => value !== null) ? device : null;
}

function parsed(userAgent: string): Device | null {
  try {
    const { browser, os, platform } = Bowser.parse(userAgent);
    return {
      browser: browser.name || null,
      browser_version: browser.version || null,
      os: os.name || null,
      os_version: os.versionName || os.version || null,
      type: DEVICE_TYPES.find((type) => type === platform.type) ?? null,
    };
  } catch {
    return null;
  }
}
