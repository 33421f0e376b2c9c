import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needing } from '../support/needs.js';
import { mailedUrl } from '../support/outbox.js';
import { canSignIn, NEW_PASSWORD, resetUrl, verifiedPerson } from '../support/reset.js';
import { type Service, startService } from '../support/service.js';
import { launchChromium, NO_BROWSER } from '../support/swagger-ui.js';

describe('the pages of mailed links in Chromium', needing(NO_BROWSER), () => {
  let service: Service;
  let browser: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    [service, browser] = await Promise.all([startService(), launchChromium()]);
  });
  beforeEach(async () => {
    complaints = [];
    page = await browser.newPage();
    // A page that answers 410 is an error to the console, and is meant.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('410')) complaints.push(message.text());
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser.browser()?.close();
    await service.stop();
  });

  const heading = (): Promise<string> => page.locator('h1').innerText();

  it('lead from the first page to a new password', async () => {
    const person = await verifiedPerson(service);
    await page.goto(service.url);
    expect(await heading()).toBe('Latchkey');

    await page.goto(`${service.url}/password-reset`);
    await page.getByLabel('E-mail address of your account').fill(person.email);
    await page.getByRole('button').click();
    await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
    await page.goto(await mailedUrl(service, person.email));
    await page.getByLabel('New password').fill(NEW_PASSWORD);
    await page.getByRole('button').click();
    await page.getByRole('heading', { name: 'New password set' }).waitFor();

    expect(await canSignIn(service, person, NEW_PASSWORD)).toBe(true);
  });

  it('disable their button while a form is sent, and enable it when somebody comes back', async () => {
    const { email } = await verifiedPerson(service);
    await page.goto(await resetUrl(service, email));
    await page.evaluate("document.addEventListener('submit', (event) => event.preventDefault())");
    const button = page.getByRole('button');

    await button.click();
    expect(await button.isDisabled()).toBe(false);
    await page.getByLabel('New password').fill(NEW_PASSWORD);
    await button.click();
    expect(await button.isDisabled()).toBe(true);
    await page.evaluate("dispatchEvent(new Event('pageshow'))");
    expect(await button.isDisabled()).toBe(false);
  });

  it('say what is true to somebody who presses twice without script', async () => {
    const { email } = await verifiedPerson(service);
    const url = await resetUrl(service, email);
    const plain = await browser.browser()!.newContext({ javaScriptEnabled: false });
    const other = await plain.newPage();
    await other.goto(url);
    await other.getByLabel('New password').fill(NEW_PASSWORD);
    await other.getByRole('button').dblclick();

    await other.getByRole('heading', { name: /New password set|This link does not work any more/ }).waitFor();
    await other.goto(url);
    expect(await other.locator('main').innerText()).toContain('to set a new password.');
    await plain.close();
  });
});
