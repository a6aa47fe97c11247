/** A real browser for tests of the page: Debian's Chromium or any other that is found, driven by playwright-core. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** Where a Chromium usually is; `CHROMIUM_PATH` comes first. */
const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

/** The browser's program; `undefined` where there is none: the suites that need it skip, and say so. */
export const chromiumPath: string | undefined = [process.env['CHROMIUM_PATH'] ?? '', ...PATHS].find(
  (path) => path !== '' && existsSync(path),
);

/** What a suite is called where there is no browser. */
export const WITHOUT_BROWSER = chromiumPath === undefined ? ' (skipped: no Chromium; set CHROMIUM_PATH)' : '';

/** Starts it, without asking anything of any network. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page, and whatever it complained of. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors on the console, and those that nobody caught. */
  readonly complaints: string[];
}

/** Opens an address in a context of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 860 },
    acceptDownloads: true,
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  await page.getByRole('tablist').waitFor();
  return { page, complaints };
}

/** Frames in which what a page was told has to be drawn. */
const FRAMES = 300;

/**
 * Asks the page frame by frame until the expression is true. Playwright's own `waitForFunction` looks once from outside, and then
 * evaluates the text inside the page, which the page's policy forbids. Throws where it is not true in time.
 */
export async function untilInPage(page: Page, expression: string): Promise<void> {
  for (let frame = 0; frame < FRAMES; frame++) {
    if (await page.evaluate<boolean>(expression)) return;
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))');
  }
  throw new Error(`not so in ${FRAMES} frames: ${expression}`);
}
