/** How the page hears its source: over a WebSocket, or from the trace that stands inside the page. */
import {
  INSPECT_CONTRACT,
  INSPECT_SOCKET_PATH,
  INSPECT_SUBPROTOCOL,
  INSPECT_TOKEN_PREFIX,
  type InspectCommand,
  type InspectMessage,
  type InspectRequest,
} from '../inspect/contract.js';
import { parseTrace } from '../trace/reader.js';
import type { PageModel } from './model.js';

/** Records that may be on their way to the page. */
const CREDIT = 20_000;
/** Where the token is kept while the tab is open: the address bar does not show it for longer than it must. */
const TOKEN = 'swarmchart.inspect.token';
/** Between two tries to reach a source that went away. */
const RETRY_MS = 2_000;

/** Connects `model` with whatever this page was opened for. */
export function connect(model: PageModel): void {
  const embedded = document.getElementById('swarmchart-trace')?.textContent;
  if (embedded !== undefined && embedded !== null) openEmbedded(model, embedded);
  else openSocket(model, tokenOfPage());
}

/** Shows a trace that is at hand as text. Throws an EngineError that says what is wrong with it. */
export function openText(model: PageModel, text: string, recordsMax = 2_000_000): void {
  const { header, records, truncated } = parseTrace(text);
  const trace = { id: 'main', title: header.title, header };
  model.take({
    type: 'hello',
    contract: INSPECT_CONTRACT,
    kind: 'embedded',
    trace,
    abilities: [],
    recordsMax,
    recordsExpected: records.length,
  });
  model.take({ type: 'records', of: 'main', records });
  model.take({ type: 'end', of: 'main', truncated });
}

/** Adds a trace to compare the shown one with; a notice says what is wrong with one that cannot be read. */
export function openOther(model: PageModel, title: string, text: string): void {
  try {
    const { header, records, truncated } = parseTrace(text);
    const id = `other:${title}`;
    model.take({ type: 'trace', trace: { id, title, header } });
    model.take({ type: 'records', of: id, records });
    model.take({ type: 'end', of: id, truncated });
    model.compared.value = id;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    model.take({ type: 'notice', code: 'damaged', text: `${title}: ${why}` });
  }
}

function openEmbedded(model: PageModel, text: string): void {
  try {
    openText(model, JSON.parse(text) as string);
  } catch (thrown) {
    model.take({ type: 'notice', code: 'damaged', text: thrown instanceof Error ? thrown.message : String(thrown) });
  }
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

function openSocket(model: PageModel, token: string): void {
  if (typeof WebSocket === 'undefined') {
    const text = 'This browser has no WebSocket: save the trace as one HTML file and open that.';
    model.take({ type: 'notice', code: 'stopped', text });
    return;
  }
  const url = new URL(INSPECT_SOCKET_PATH, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = '';
  const socket = new WebSocket(url, [INSPECT_SUBPROTOCOL, INSPECT_TOKEN_PREFIX + token]);
  const say = (request: InspectRequest): void => socket.send(JSON.stringify(request));
  const waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
  >();
  let asked = 0;
  let heard = false;
  /** The source has said that it stopped. */
  let isOver = false;
  // What came is taken in once a frame, so that a burst costs one drawing.
  let queue: InspectMessage[] = [];
  const takeIn = (): void => {
    const messages = queue;
    queue = [];
    let taken = 0;
    for (const message of messages) {
      model.take(message);
      if (message.type === 'records') taken += message.records.length;
    }
    if (taken > 0 && socket.readyState === WebSocket.OPEN) say({ type: 'credit', records: taken });
  };
  socket.onopen = () => say({ type: 'credit', records: CREDIT });
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data)) as InspectMessage;
    if (message.type === 'hello') {
      heard = true;
      if (message.contract !== INSPECT_CONTRACT) {
        socket.close();
        const text = `This page is of another version of swarmchart (contract ${INSPECT_CONTRACT}, source ${message.contract}): reload it.`;
        model.take({ type: 'notice', code: 'stopped', text });
        return;
      }
    }
    if (message.type === 'notice' && message.code === 'stopped') isOver = true;
    if (message.type === 'answer' || message.type === 'refusal') {
      const order = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.type === 'answer') order?.resolve(message.value);
      else order?.reject(new Error(message.text));
      return;
    }
    if (queue.length === 0) schedule(takeIn);
    queue.push(message);
  };
  socket.onclose = () => {
    model.isConnected.value = false;
    for (const { reject } of waiting.values()) reject(new Error('the source is gone'));
    waiting.clear();
    if (isOver) return;
    const text = heard
      ? 'The source does not answer; what it told stays here. Trying again.'
      : 'The source is gone, or refuses this page: open the address that the command printed, with its token.';
    model.take({ type: 'notice', code: 'stopped', text });
    setTimeout(() => openSocket(model, token), RETRY_MS);
  };
  model.link({
    order: (command: InspectCommand) =>
      new Promise((resolve, reject) => {
        asked += 1;
        waiting.set(asked, { resolve, reject });
        say({ type: 'command', id: asked, command });
      }),
  });
}

/** With the next frame; a page in the background draws none, and takes in all the same. */
function schedule(work: () => void): void {
  if (document.hidden) setTimeout(work, 50);
  else requestAnimationFrame(work);
}
