// The page in headless Chromium, and what is measured in it.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { openFileSource } from '../../dist/inspect/file-source.js';
import { readInspectAssets } from '../../dist/platform/inspect-assets.js';
import { serveInspector } from '../../dist/platform/inspect-server.js';
import { traceTextOf } from '../../dist/platform/trace-stream.js';

const PATHS = [
  process.env.CHROMIUM_PATH ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
/** Frames that one scrub takes. */
const FRAMES = 90;

/** Starts Chromium. Throws where there is none. */
export function launch() {
  const executablePath = PATHS.find((path) => path !== '' && existsSync(path));
  if (executablePath === undefined) throw new Error('no Chromium: set CHROMIUM_PATH');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--enable-precise-memory-info',
      '--js-flags=--expose-gc',
    ],
  });
}

/** Opens a trace file in a page of its own; `openMs` is from the address to all records taken in and drawn. */
export async function openedTrace(browser, path, records) {
  const source = await openFileSource([{ id: 'main', open: traceTextOf(path) }]);
  const server = await serveInspector({ source, assets: await readInspectAssets() });
  const page = await browser.newPage({ viewport: { width: 1440, height: 860 } });
  const count = records.toLocaleString('en');
  const begun = performance.now();
  await page.goto(server.url);
  await page.getByText(`${count} of ${count} records`).waitFor();
  const openMs = performance.now() - begun;
  return {
    openMs,
    filterMs: (text) => filterMs(page, text),
    scrubFps: (view) => scrubFps(page, view),
    heapMiB: () => heapMiB(page),
    close: async () => {
      await page.close();
      await server.close();
    },
  };
}

/** From the last key to the frame that shows what the filter passes. */
async function filterMs(page, text) {
  await page.click('#tab-records');
  await page.evaluate(frame);
  const ms = await page.evaluate(async (wanted) => {
    const input = document.getElementById('filter');
    const begun = performance.now();
    input.value = wanted;
    input.dispatchEvent(new InputEvent('input', { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - begun;
  }, text);
  await page.fill('#filter', '');
  await page.evaluate(frame);
  return ms;
}

/** Frames a second while the scrubber moves over the whole trace, a place a frame. */
async function scrubFps(page, view) {
  await page.click(`#tab-${view}`);
  await page.evaluate(frame);
  const fps = await page.evaluate(async (frames) => {
    const range = document.querySelector('.scrubber input[type=range]');
    const most = Number(range.max);
    const begun = performance.now();
    for (let at = 1; at <= frames; at += 1) {
      range.value = String(Math.floor((most * at) / frames));
      range.dispatchEvent(new InputEvent('input', { bubbles: true }));
      await new Promise((done) => requestAnimationFrame(done));
    }
    return (frames * 1000) / (performance.now() - begun);
  }, FRAMES);
  await page.keyboard.press('End');
  await page.evaluate(frame);
  return fps;
}

async function heapMiB(page) {
  return page.evaluate(() => {
    globalThis.gc?.();
    return performance.memory.usedJSHeapSize / 2 ** 20;
  });
}

/** Resolves when what was changed has been drawn. */
function frame() {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}
