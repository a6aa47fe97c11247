/** How the page of its own hears its source: over a WebSocket, or from the trace that stands inside the page. */
import { sourceOfText, type EmbeddedSource } from '../inspect/embedded-source.js';
import { follow } from './follow.js';
import type { PageModel } from './model.js';
import { sourceOfSocket } from './socket-source.js';

/** Where the token is kept while the tab is open: the address bar does not show it for longer than it must. */
const TOKEN = 'swarmchart.inspect.token';
/** Records shown of a trace that stands inside the page: whoever opens it cannot choose others. */
const EMBEDDED_RECORDS = 2_000_000;

/** Connects `model` with whatever this page was opened for. */
export function connect(model: PageModel): void {
  const embedded = document.getElementById('swarmchart-trace')?.textContent;
  follow(
    model,
    embedded === undefined || embedded === null ? sourceOfSocket(location.href, tokenOfPage()) : inside(embedded),
  );
}

/** `json` is the trace's text as one JSON string, for nothing in that ends a script element. */
function inside(json: string): EmbeddedSource {
  let text: unknown;
  try {
    text = JSON.parse(json);
  } catch {
    text = '';
  }
  return sourceOfText(typeof text === 'string' ? text : '', { recordsMax: EMBEDDED_RECORDS });
}

function tokenOfPage(): string {
  const url = new URL(location.href);
  const given = url.searchParams.get('token');
  if (given !== null) {
    sessionStorage.setItem(TOKEN, given);
    url.searchParams.delete('token');
    history.replaceState(history.state, '', url);
  }
  return given ?? sessionStorage.getItem(TOKEN) ?? '';
}
