import Bowser from 'bowser';
import { ApiProperty } from '@nestjs/swagger';

const DEVICE_TYPES = ['desktop', 'mobile', 'tablet', 'tv', 'bot'] as const;

/** What a user agent says that it runs on. Anybody may claim anything. */
export class DeviceDto {
  @ApiProperty({ type: String, nullable: true, example: 'Firefox' })
  browser!: string | null;

  @ApiProperty({ type: String, nullable: true, example: '128.0' })
  browser_version!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Windows' })
  os!: string | null;

  @ApiProperty({ type: String, nullable: true, example: '10' })
  os_version!: string | null;

  @ApiProperty({ type: String, nullable: true, enum: [...DEVICE_TYPES, null], example: 'desktop' })
  type!: (typeof DEVICE_TYPES)[number] | null;
}

/** The device that a user agent tells of, or `null` if it tells of none. Never throws, whatever the text. */
export function deviceOf(userAgent: string | null): DeviceDto | null {
  const device = userAgent && parsed(userAgent);
  return device && Object.values(device).some((value) => value !== null) ? device : null;
}

function parsed(userAgent: string): DeviceDto | null {
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
