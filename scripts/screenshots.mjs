#!/usr/bin/env node
// Pictures of every view of the inspector for docs/inspector: `npm run screenshots`, with a built package and a Chromium.
// They are looked at by people, and compared by nobody: peers of the small network below differ from run to run.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { createNode } from '../dist/create-node.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const out = join(root, 'docs/inspector');
const fixtures = join(root, 'test/replay/fixtures');
const folder = mkdtempSync(join(tmpdir(), 'swarmchart-pictures-'));
const CHROMIUM = [process.env.CHROMIUM_PATH ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== '' && existsSync(path),
);
if (CHROMIUM === undefined) throw new Error('no Chromium: set CHROMIUM_PATH');

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const network = await recordedNetwork();
  const simulation = join(folder, 'simulation.trace.jsonl');
  const words = ['simulate', '--seed', '7', '--nodes', '4', '--duration', '10', '--trace', simulation];
  execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), ...words]);
  const noise = join(fixtures, 'noise-dialed-kubo.trace.jsonl');
  await pictures(join(fixtures, 'bitswap-fetched-from-helia.trace.jsonl'), [['overview'], ['streams'], ['records']]);
  await pictures(noise, [['connection', atSecondMessage]], ['light', 'dark']);
  await pictures(noise, [['replay', fork], ['diff'], ['coverage']]);
  await pictures(simulation, [['sequence']]);
  await pictures(network, [['queries', finishedQuery], ['bitswap'], ['swarm']]);
  await pictures(join(fixtures, 'multistream-no-overlap.trace.jsonl'), [['explain']]);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

/** One picture of each view; a view's second part is done before its picture is taken. */
async function pictures(trace, views, schemes = ['light']) {
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'inspect', trace], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const url = await addressOf(child);
    for (const colorScheme of schemes) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 760 }, colorScheme });
      await page.goto(url);
      await page.getByText(/^[1-9][\d,]* of [\d,]+ records$/).waitFor();
      for (const [view, prepare] of views) {
        await page.click(`#tab-${view}`);
        await prepare?.(page);
        await page.waitForTimeout(400);
        const name = colorScheme === 'dark' ? `${view}-dark` : view;
        await page.screenshot({ path: join(out, `${name}.jpg`), type: 'jpeg', quality: 82 });
      }
      await page.close();
    }
  } finally {
    child.kill('SIGINT');
  }
}

async function addressOf(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^inspect: (\S+)$/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the inspector did not start');
}

/** The moment at which the second noise message is verified, that message selected. */
async function atSecondMessage(page) {
  await page.locator('.scrubber input[type=range]').fill('33');
  await page.selectOption('.chart-head select', { label: 'conn:2/noise: noiseHandshake' });
  await page.locator('.records .row').filter({ hasText: '#31' }).click();
}

/** The first query that came to its end, one of the peers that answered selected. */
async function finishedQuery(page) {
  const select = page.locator('.queries select');
  for (let index = 0; index < (await select.locator('option').count()); index += 1) {
    await select.selectOption({ index });
    await page.waitForTimeout(100);
    if (await page.getByText(/ after \d+ hops? in /).isVisible()) break;
  }
  await page.getByRole('option', { name: 'answered' }).first().click();
}

/** Without the read that brings the second message. */
async function fork(page) {
  await page.click('#tab-records');
  await page.fill('#filter', 'seq=30');
  await page.getByRole('option', { name: '#30' }).click();
  await page.fill('#filter', '');
  await page.click('#tab-replay');
  await page.getByRole('button', { name: 'fork', exact: true }).click();
  await page.getByText(/^fork:1 ran/).waitFor();
}

/** Twenty-four nodes with a DHT; one of them looks up a key and fetches a file. */
async function recordedNetwork() {
  const path = join(folder, 'network.trace.jsonl');
  const nodes = [];
  for (let index = 0; index < 24; index += 1) {
    const node = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'], routing: { lanDht: { mode: 'server' } } });
    for (let other = 0; other < Math.min(2, index); other += 1) {
      await node.dial(nodes[(index * 7 + other * 3) % index].addresses[0]);
    }
    nodes.push(node);
  }
  const { cid } = await nodes[3].add([new TextEncoder().encode('inspector '.repeat(300_000))]);
  const looker = nodes.at(-1);
  const recording = looker.record(path);
  await new Promise((resolve, reject) =>
    looker.routing.closestPeers(new TextEncoder().encode('swarmchart')).subscribe({ complete: resolve, error: reject }),
  );
  for await (const chunk of looker.cat(cid)) void chunk;
  await recording.stop();
  await Promise.all(nodes.map((node) => node.stop()));
  return path;
}
