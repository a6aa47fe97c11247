/** A trace inside a page: what it says stays text, and no script but the page's own may run. */
import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { EMBEDDED_ID, exportHtml, jsonInHtml, type EmbeddedTrace } from '../../src/inspect/export-html.js';
import { headerLine, recordLine } from '../../src/trace/writer.js';
import { someHeader, someRecord } from '../support/watching.js';

const assets = {
  html: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="stylesheet" href="page.css"></head>
<body><div id="app"></div><script type="module" src="./page.js"></script></body></html>`,
  script: 'const a = "</script><!--"; const dollars = "$& $1 $`";',
  style: 'body::after { content: "</style>$&"; }',
};
const HOSTILE = [
  '</script><script>alert(1)</script>',
  '<!--<script>',
  ']]>',
  '<img src=x onerror=alert(1)>',
  '\u2028\u2029',
  '$& $1 $`',
  '&lt;b&gt;"\'',
];

const textOf = (agent: string): string =>
  [
    headerLine({ ...someHeader(), title: agent, vantagePoint: agent }),
    recordLine(someRecord(0, { actor: `/node/swarm/${agent}`, data: { agentVersion: agent, [agent]: [agent] } })),
  ].join('');

/** What a browser makes of the file: the text of each script and style element, as HTML's rules end them. */
function elementsOf(html: string, tag: 'script' | 'style'): readonly { attributes: string; text: string }[] {
  return [...html.matchAll(new RegExp(`<${tag}\\b([^>]*)>([\\s\\S]*?)</${tag}`, 'gi'))].map((match) => ({
    attributes: match[1] ?? '',
    text: match[2] ?? '',
  }));
}

describe.each(HOSTILE)('a trace that says %j', (agent) => {
  const html = exportHtml(assets, textOf(agent));
  const scripts = elementsOf(html, 'script');

  test('is found again as it was, in an element that is no script', () => {
    expect(scripts.map(({ attributes }) => attributes.trim())).toEqual([
      `type="application/json" id="${EMBEDDED_ID}"`,
      'type="module"',
    ]);
    const embedded = JSON.parse(scripts[0]?.text ?? '') as EmbeddedTrace;
    expect(embedded).toMatchObject({ contract: 1, truncated: false, trace: { id: 'main', title: agent } });
    expect(embedded.records).toEqual([
      someRecord(0, { actor: `/node/swarm/${agent}`, data: { agentVersion: agent, [agent]: [agent] } }),
    ]);
    // Nothing of it stands anywhere else.
    expect(html.replace(scripts[0]?.text ?? '', '')).not.toContain(agent === '$& $1 $`' ? '"agentVersion"' : agent);
  });

  test('the policy lets the page run and nothing else', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hash(scripts[1]?.text ?? '')}`,
      `style-src ${hash(elementsOf(html, 'style')[0]?.text ?? '')}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style'));
    expect(html).not.toMatch(/<[a-z]+\b[^>]*\b(?:src|href)=/);
  });
});

test('the page itself is what it was', () => {
  const html = exportHtml(assets, textOf('somebody'));
  expect(elementsOf(html, 'script')[1]?.text).toBe('const a = "<\\/script><\\!--"; const dollars = "$& $1 $`";');
  expect(elementsOf(html, 'style')[0]?.text).toBe('body::after { content: "<\\/style>$&"; }');
  expect(html).toContain('<div id="app"></div>');
});

test.each([
  ['of class full', [headerLine(someHeader({ class: 'full' }))].join(''), 'ERR_INVALID_ARGUMENT'],
  ['that is none', 'nonsense\n', 'ERR_TRACE_INVALID'],
  ['of a newer format', headerLine(someHeader({ format: 2 })), 'ERR_TRACE_VERSION'],
])('a trace %s is refused', (_, text, code) => {
  expect(() => exportHtml(assets, text)).toThrow(expect.objectContaining({ code }));
});

test('a page that loads nothing is refused', () => {
  expect(() => exportHtml({ ...assets, html: '<html></html>' }, textOf('x'))).toThrow('npm run build');
});

test('JSON in HTML is JSON, without an opening bracket', () => {
  const value = { a: HOSTILE, b: { c: null, d: 1.5 } };
  expect(JSON.parse(jsonInHtml(value))).toEqual(value);
  expect(jsonInHtml(value)).not.toContain('<');
});
