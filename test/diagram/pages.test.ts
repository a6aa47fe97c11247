/** The pages of the machines, and what recorded traces add to them. */
import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { CoverageCollector } from '../../src/coverage/collector.js';
import { countsOf, livesIn } from '../../src/diagram/lives.js';
import { chartModels } from '../../src/diagram/model.js';
import { indexPage, machinePage, markdownText, pageName } from '../../src/diagram/pages.js';
import { recordingsOf, sequenceText } from '../../src/diagram/recordings.js';
import { specLinks } from '../../src/diagram/spec-links.js';
import { ERROR_HINTS } from '../../src/error-hints.js';
import { parseTrace } from '../../src/trace/reader.js';

const models = chartModels();
const noise = models.find(({ id }) => id === 'noiseHandshake')!;
const path = 'test/replay/fixtures/noise-dialed-kubo.trace.jsonl';
const trace = parseTrace(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));

describe('lives of a trace', () => {
  const life = livesIn(trace).find(({ machine }) => machine === 'noiseHandshake')!;

  test('the steps of one actor, what led to them and what they sent', () => {
    expect(life).toMatchObject({ actor: '/node/swarm/conn:2/noise', hash: noise.hash });
    expect(
      life.steps.map(({ to, event, received, sent }) => [to, event, received?.seq, sent.map(({ seq }) => seq)]),
    ).toEqual([
      ['idle', 'start', undefined, []],
      ['dialing.awaitingMessage2', 'local.dial', undefined, [28]],
      ['dialing.openingMessage2', 'wire.message', 31, []],
      ['dialing.verifyingPayload', 'crypto.opened', undefined, []],
      ['secured', 'crypto.verified', undefined, [36]],
    ]);
  });

  test('an address that is used again begins another life', () => {
    const selected = livesIn(trace).filter(({ machine }) => machine === 'multistreamDialer');
    for (const { steps } of selected) expect(steps.filter(({ from }) => from === '')).toHaveLength(1);
  });

  test('counts as coverage does', () => {
    const collector = new CoverageCollector();
    for (const { from, to, event, edges } of life.steps) collector.count('noiseHandshake', { from, to, event, edges });
    const { states, edges } = collector.report().machines['noiseHandshake']!;
    expect(countsOf(noise, life.steps)).toEqual({ states, edges });
  });
});

describe('what recordings add', () => {
  const recordings = recordingsOf(models, [{ path, trace }]);

  test('the bytes that an edge was seen to write', () => {
    const { written } = recordings.get('noiseHandshake')!;
    expect(written.get('idle local.dial')).toEqual(['noise.handshake 1: 34 bytes']);
    expect(written.get('dialing.verifyingPayload crypto.verified')).toEqual(['noise.handshake 3: 186 bytes']);
    expect(written.get('dialing.awaitingMessage2 wire.message')).toEqual([]);
  });

  test('a life as a sequence', () => {
    expect(sequenceText(recordings.get('noiseHandshake')!.example!).split('\n')).toEqual([
      'sequenceDiagram',
      '  participant peer as peer',
      '  participant actor as noiseHandshake (conn#58;2/noise)',
      '  Note over actor: starts in idle',
      '  Note over actor: local.dial, now dialing.awaitingMessage2',
      '  actor->>peer: noise.handshake 1, tokens e, 34 bytes',
      '  peer->>actor: noise.handshake 2, tokens e ee s es, 218 bytes',
      '  Note over actor: wire.message, now dialing.openingMessage2',
      '  Note over actor: crypto.opened, now dialing.verifyingPayload',
      '  Note over actor: crypto.verified, now secured',
      '  actor->>peer: noise.handshake 3, tokens s se, 186 bytes',
    ]);
  });

  test('nothing of a machine whose chart has changed since', () => {
    const changed = models.map((model) => (model === noise ? { ...noise, hash: '0'.repeat(64) } : model));
    expect(recordingsOf(changed, [{ path, trace }]).get('noiseHandshake')).toEqual({
      example: undefined,
      written: new Map(),
    });
  });
});

describe('a page', () => {
  const page = machinePage(noise, { recordings: recordingsOf(models, [{ path, trace }]).get('noiseHandshake') });
  const rows = (heading: string): string[] => {
    const [, section = ''] = page.split(`## ${heading}\n`);
    return (section.split('\n## ')[0] ?? '')
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(2);
  };

  test('a row for each state, edge, deadline and code', () => {
    expect(rows('States')).toHaveLength(20);
    expect(rows('Transitions')).toHaveLength(26);
    expect(rows('Deadlines')).toEqual(['| `handshakeTimeout` | every state | `timedOut` |']);
    expect(rows('Errors that it ends in')).toContain(
      `| \`timedOut\` | \`ERR_NOISE_TIMEOUT\` | ${ERROR_HINTS.ERR_NOISE_TIMEOUT} |`,
    );
    expect(rows('Transitions')).toContain(
      '| `dialing.verifyingPayload` | `crypto.verified` | | `secured` | `send.message` (`sendMessage 3`) | noise.handshake 3: 186 bytes |',
    );
    expect(page).toContain('```mermaid\nsequenceDiagram\n');
    expect(page).toContain('![State chart of noiseHandshake: 20 states, 25 edges](noise-handshake.svg)');
  });

  test('counts only where coverage is given', () => {
    expect(page).not.toContain('Covered:');
    const coverage = new CoverageCollector().report().machines['noiseHandshake']!;
    const covered = machinePage(noise, { coverage });
    expect(covered).toContain('Covered: 0 of 20 states, 0 of 25 edges, 0 of 0 guard outcomes, 0 of 1 deadlines.');
    expect(covered).not.toContain('bytes seen');
  });

  test('the columns of every table are as many as its head has', () => {
    for (const model of models) {
      let columns = 0;
      for (const line of machinePage(model).split('\n')) {
        const cells = line.startsWith('|') ? line.replaceAll('\\|', '').split('|').length : 0;
        if (columns > 0 && cells > 0) expect([model.id, line, cells]).toEqual([model.id, line, columns]);
        columns = cells;
      }
    }
  });
});

test('the index has every machine', () => {
  const index = indexPage(models);
  for (const { id } of models) expect(index).toContain(`[${id}](${pageName(id)}.md)`);
});

test('every page that is kept has an example, of a trace that is kept', () => {
  const root = new URL('../../', import.meta.url);
  for (const { id } of models) {
    const kept = readFileSync(new URL(`docs/machines/${pageName(id)}.md`, root), 'utf8');
    const [, example = `no example of ${id}`] = /^## A recorded example\n\nFrom `([^`]+)`/m.exec(kept) ?? [];
    expect(existsSync(new URL(example, root)) ? '' : example).toBe('');
  }
});

test.each([
  ['noiseHandshake', 'noise-handshake'],
  ['relayV1', 'relay-v1'],
  ['ping', 'ping'],
])('the page of %s is %s', (id, page) => {
  expect(pageName(id)).toBe(page);
});

test('markup in a text stays text', () => {
  expect(markdownText('a <b> *c* [d](e) `f`\n& | g')).toBe('a \\<b\\> \\*c\\* \\[d\\](e) \\`f\\` \\& | g');
});

test.each([
  [
    'RFC 8305; libp2p/specs tls/tls.md',
    '[RFC 8305](https://www.rfc-editor.org/rfc/rfc8305); [libp2p/specs tls/tls.md](https://github.com/libp2p/specs/blob/master/tls/tls.md)',
  ],
  ['BEP 15', '[BEP 15](https://www.bittorrent.org/beps/bep_0015.html)'],
  ['specs.ipfs.tech ipns-record', '[specs.ipfs.tech ipns-record](https://specs.ipfs.tech/ipns/ipns-record/)'],
  [
    'draft-mbelshe-httpbis-spdy-00',
    '[draft-mbelshe-httpbis-spdy-00](https://datatracker.ietf.org/doc/html/draft-mbelshe-httpbis-spdy-00)',
  ],
  ['none: writing peers', 'none: writing peers'],
])('%s is linked', (spec, links) => {
  expect(specLinks(spec)).toBe(links);
});
