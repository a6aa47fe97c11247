/**
 * The inspector with a trace inside, as one HTML file that needs nothing else: to be mailed, kept, or put on any server.
 * Its policy lets no script run but the page's own, whatever the trace says.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { EngineError } from '../errors.js';
import { parseTrace } from '../trace/reader.js';
import { INSPECT_CONTRACT, type InspectTrace } from './contract.js';
import { MAIN_TRACE } from './live-feed.js';
import type { TraceRecord } from '../trace/format.js';

/** The built page: an HTML file that loads `page.js` and `page.css`. */
export interface PageAssets {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

/** What stands in the file, under {@link EMBEDDED_ID}. */
export interface EmbeddedTrace {
  readonly contract: number;
  readonly trace: InspectTrace;
  readonly records: readonly TraceRecord[];
  /** Whether the trace broke off. */
  readonly truncated: boolean;
}

/** Id of the element that holds the trace, as JSON text. */
export const EMBEDDED_ID = 'swarmchart-trace';

const SCRIPT_TAG = /<script\b[^>]*\bsrc="[^"]*page\.js"[^>]*>\s*<\/script>/;
const STYLE_TAG = /<link\b[^>]*\bhref="[^"]*page\.css"[^>]*>/;
const HEAD_TAG = /<head\b[^>]*>/;

/**
 * The file, for a trace of class `redacted` or `replayable`.
 * @throws EngineError `ERR_TRACE_INVALID` or `ERR_TRACE_VERSION` for what is no trace; `ERR_INVALID_ARGUMENT` for one of
 *   class `full`, which holds keys, and for a page that does not load what it should.
 */
export function exportHtml(assets: PageAssets, traceText: string): string {
  const { header, records, truncated } = parseTrace(traceText);
  if (header.engine.class === 'full') {
    throw refused('a trace of class full holds keys: it is not made into a page that is passed on');
  }
  const embedded: EmbeddedTrace = {
    contract: INSPECT_CONTRACT,
    trace: { id: MAIN_TRACE, title: header.title, header },
    records,
    truncated,
  };
  const script = assets.script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  const style = assets.style.replaceAll('</style', '<\\/style');
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  const data = `<script type="application/json" id="${EMBEDDED_ID}">${jsonInHtml(embedded)}</script>`;
  // The element that holds the trace is there before the script that looks for it runs.
  const withHead = replaced(assets.html, HEAD_TAG, (tag) => `${tag}\n${head}`);
  const withStyle = replaced(withHead, STYLE_TAG, () => `<style>${style}</style>`);
  return replaced(withStyle, SCRIPT_TAG, () => `${data}\n<script type="module">${script}</script>`);
}

/** JSON that no parser of HTML finds a tag or comment in. */
export function jsonInHtml(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** By function, so that no `$` in what is put in means anything. */
function replaced(html: string, tag: RegExp, by: (tag: string) => string): string {
  if (!tag.test(html)) throw refused(`the page has no ${tag.source.slice(1, 7)}: build it with npm run build`);
  return html.replace(tag, by);
}

function hashOf(text: string): string {
  const digest = sha256(new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...digest))}`;
}

function refused(why: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', why);
}
