/** An inspector's server as a source: its WebSocket, opened anew for as long as somebody looks. */
import {
  INSPECT_SOCKET_PATH,
  INSPECT_SUBPROTOCOL,
  INSPECT_TOKEN_PREFIX,
  type InspectCommand,
  type InspectMessage,
  type InspectRequest,
} from '../inspect/contract.js';
import type { EmbeddedHold, EmbeddedSource } from '../inspect/embedded-source.js';

/** Records that may be on their way to the page. */
const CREDIT = 20_000;
/** Between two tries to reach a source that went away. */
const RETRY_MS = 2_000;

/** The source behind an inspector's page at `url`; `token` by default from the address. */
export function sourceOfSocket(url: string | URL, token?: string): EmbeddedSource {
  return { connect: (take) => new SocketHold(socketAddress(url), token ?? tokenOf(url), take) };
}

function tokenOf(url: string | URL): string {
  return new URL(url, location.href).searchParams.get('token') ?? '';
}

function socketAddress(url: string | URL): URL {
  const address = new URL(INSPECT_SOCKET_PATH, new URL(url, location.href));
  address.protocol = ['https:', 'wss:'].includes(address.protocol) ? 'wss:' : 'ws:';
  address.search = '';
  return address;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

class SocketHold implements EmbeddedHold {
  readonly #url: URL;
  readonly #token: string;
  readonly #take: (message: InspectMessage) => void;
  readonly #waiting = new Map<number, Waiting>();
  #socket: WebSocket | undefined;
  #asked = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Nobody looks any more, or the source has said that it stopped. */
  #isOver = false;

  constructor(url: URL, token: string, take: (message: InspectMessage) => void) {
    this.#url = url;
    this.#token = token;
    this.#take = take;
    this.#open();
  }

  order(command: InspectCommand): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) throw new Error('the source is gone');
      this.#asked += 1;
      this.#waiting.set(this.#asked, { resolve, reject });
      this.#say({ type: 'command', id: this.#asked, command });
    });
  }

  taken(records: number): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#say({ type: 'credit', records });
  }

  close(): void {
    this.#isOver = true;
    clearTimeout(this.#retry);
    this.#socket?.close();
  }

  #open(): void {
    if (typeof WebSocket === 'undefined') {
      const text = 'This browser has no WebSocket: save the trace as one HTML file and open that.';
      this.#take({ type: 'notice', code: 'stopped', text });
      return;
    }
    const socket = new WebSocket(this.#url, [INSPECT_SUBPROTOCOL, INSPECT_TOKEN_PREFIX + this.#token]);
    this.#socket = socket;
    let isHeard = false;
    socket.onopen = () => this.#say({ type: 'credit', records: CREDIT });
    socket.onmessage = ({ data }) => {
      isHeard = true;
      this.#hear(String(data));
    };
    socket.onclose = () => this.#gone(isHeard);
  }

  #say(request: InspectRequest): void {
    this.#socket?.send(JSON.stringify(request));
  }

  #hear(text: string): void {
    let message: InspectMessage;
    try {
      message = JSON.parse(text) as InspectMessage;
    } catch {
      this.#take({ type: 'notice', code: 'stopped', text: 'The source says what is no JSON: it is no inspector.' });
      this.close();
      return;
    }
    if (message.type === 'notice' && message.code === 'stopped') this.#isOver = true;
    if (message.type !== 'answer' && message.type !== 'refusal') {
      this.#take(message);
      return;
    }
    const order = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.type === 'answer') order?.resolve(message.value);
    else order?.reject(new Error(message.text));
  }

  #gone(isHeard: boolean): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the source is gone'));
    this.#waiting.clear();
    if (this.#isOver) return;
    const text = isHeard
      ? 'The source does not answer; what it told stays here. Trying again.'
      : 'The source is gone, or refuses this page: open the address that the command printed, with its token.';
    this.#take({ type: 'notice', code: 'stopped', text });
    this.#retry = setTimeout(() => this.#open(), RETRY_MS);
  }
}
