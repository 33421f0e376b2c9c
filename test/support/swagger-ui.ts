import { existsSync } from 'node:fs';
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why there is no browser to test with; `undefined` if there is one. */
export const NO_BROWSER = existsSync(EXECUTABLE)
  ? undefined
  : `${EXECUTABLE} does not exist: install Chromium, or set CHROMIUM_PATH`;

/** Starts Chromium; one cache serves all its pages. @param more arguments of its command line */
export async function launchChromium(...more: string[]): Promise<BrowserContext> {
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: [...ARGUMENTS, ...more] });
  return browser.newContext({ viewport: { width: 1000, height: 600 } });
}

/** What the page shows of an answer. */
export interface ShownAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Swagger UI as a person uses it, without the cookies of whoever used the browser before. */
export class SwaggerUi {
  /** Whatever the browser complained of: errors, warnings, violations of the policy, files that did not come. */
  readonly complaints: string[] = [];
  /** The origins that the page loaded anything from. */
  readonly origins = new Set<string>();

  private constructor(readonly page: Page) {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('requestfailed', (request) => this.complaints.push(`failed: ${request.url()}`));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) this.origins.add(new URL(request.url()).origin);
    });
  }

  /** Opens the page with its first definition, or with another one chosen from the list. */
  static async open(browser: BrowserContext, url: string, definition?: string): Promise<SwaggerUi> {
    await browser.clearCookies();
    const ui = new SwaggerUi(await browser.newPage());
    await ui.page.goto(`${url}/docs`);
    await ui.operations.first().waitFor();
    if (definition) await ui.choose(definition);
    return ui;
  }

  /** The names in the list at the top. */
  get definitions(): Promise<string[]> {
    return this.page.locator('.topbar select option').allInnerTexts();
  }

  /** What is shown of each operation, folded. */
  get operations(): Locator {
    return this.page.locator('.opblock-summary');
  }

  async title(): Promise<string> {
    return this.page.locator('.info .title').evaluate((title) => title.firstChild?.textContent ?? '');
  }

  async choose(definition: string): Promise<void> {
    await this.page.locator('.topbar select').selectOption({ label: definition });
    await this.page.locator('.info .title', { hasText: definition }).waitFor();
  }

  async chooseServer(url: string): Promise<void> {
    await this.page.locator('.servers select').selectOption(url);
  }

  /** Fills in one way to authorize and closes the dialog. */
  async authorize(scheme: string, ...values: string[]): Promise<void> {
    await this.page.locator('.auth-wrapper .btn.authorize').click();
    const form = this.page
      .locator('.auth-container form')
      .filter({ has: this.page.locator('h4 code', { hasText: scheme }) });
    for (const [index, value] of values.entries()) await form.locator('input').nth(index).fill(value);
    await form.locator('button[type=submit]').click();
    await this.page.locator('.btn-done').first().click();
  }

  /** Lets a service client get an access token with scopes, by the dialog of OAuth 2.0. */
  async authorizeClient(id: string, secret: string, ...scopes: string[]): Promise<void> {
    await this.page.locator('.auth-wrapper .btn.authorize').click();
    const form = this.page.locator('.auth-container').filter({ hasText: 'clientCredentials' });
    await form.locator('#client_id_clientCredentials, #client_id').first().fill(id);
    await form.locator('#client_secret_clientCredentials, #client_secret').first().fill(secret);
    for (const scope of scopes) await form.locator('label', { hasText: scope }).first().click();
    await form.locator('button[type=submit], .btn.authorize').first().click();
    await form.getByText('Logout').waitFor();
    await this.page.locator('.btn-done').first().click();
  }

  /** Tries an operation with a form out. */
  async tryForm(operationId: string, fields: Readonly<Record<string, string>>): Promise<ShownAnswer> {
    const operation = await this.unfold(operationId);
    await operation.locator('.try-out__btn').click();
    for (const [name, value] of Object.entries(fields))
      await operation
        .locator(`[data-property-name="${name}"] input, tr[data-param-name="${name}"] input`)
        .first()
        .fill(value);
    return this.execute(operation);
  }

  /** Tries an operation out, with another body than the example if one is given. */
  async tryOut(
    operationId: string,
    body?: object,
    chosen: Readonly<Record<string, string>> = {},
  ): Promise<ShownAnswer> {
    const operation = await this.unfold(operationId);
    await operation.locator('.try-out__btn').click();
    for (const [parameter, value] of Object.entries(chosen))
      await operation.locator(`tr[data-param-name="${parameter}"] select`).selectOption(value);
    if (body) await operation.locator('textarea.body-param__text').fill(JSON.stringify(body));
    return this.execute(operation);
  }

  private async execute(operation: Locator): Promise<ShownAnswer> {
    await operation.locator('.execute').click();
    const answer = operation.locator('.live-responses-table tbody tr.response');
    const status = await answer.locator('.response-col_status').first().innerText();
    const [text] = await answer.locator('.highlight-code code').allInnerTexts();
    return {
      status: Number.parseInt(status, 10),
      body: text === undefined ? undefined : (JSON.parse(text) as unknown),
    };
  }

  async unfold(operationId: string): Promise<Locator> {
    const operation = this.page.locator(`[id^="operations-"][id$="-${operationId}"]`);
    await operation.locator('.opblock-summary').click();
    return operation;
  }
}
