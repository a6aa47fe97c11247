/** A page without a browser, and requests that no browser would send, at an inspector's server. */
import { request, type IncomingHttpHeaders } from 'node:http';
import { WebSocket, type ClientOptions } from 'ws';
import type { InspectMessage } from '../../src/inspect/contract.js';
import type { TraceRecord } from '../../src/trace/format.js';

/** What was answered. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request to the server at `url`, with any headers, to any target. */
export function ask(
  url: string,
  target: string,
  more: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: hostname.replace(/^\[|\]$/g, ''),
        port,
        path: target,
        method: more.method ?? 'GET',
        agent: false,
        headers: more.headers,
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(parts).toString(),
          }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(more.body);
  });
}

/** A page that is connected, and what it was told. */
export class TestPage {
  readonly told: InspectMessage[] = [];
  readonly records: TraceRecord[] = [];
  readonly closed: Promise<number>;
  readonly socket: WebSocket;
  #onTold: () => void = () => undefined;
  #isClosed = false;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', (code) => {
        this.#isClosed = true;
        this.#onTold();
        resolve(code);
      });
    });
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as InspectMessage;
      if (message.type === 'records') for (const record of message.records) this.records.push(record);
      else this.told.push(message);
      this.#onTold();
    });
  }

  /** Connects as the page at `url` does; `more` says otherwise. Rejects with the status of a refusal. */
  static open(
    url: string,
    more: ClientOptions & { readonly token?: string; readonly path?: string; readonly query?: string } = {},
  ): Promise<TestPage> {
    const { host, origin, searchParams } = new URL(url);
    const { token = searchParams.get('token') ?? '', path = '/watch', query = '', ...options } = more;
    const socket = new WebSocket(
      `ws://${host}${path}${query}`,
      ['swarmchart.inspect.1', ...(query === '' ? [`token.${token}`] : [])],
      {
        origin,
        ...options,
      },
    );
    const page = new TestPage(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(page));
      socket.once('unexpected-response', (_request, response) => {
        response.resume();
        socket.terminate();
        reject(new Error(`refused: ${response.statusCode}`));
      });
      socket.once('error', reject);
    });
  }

  credit(records: number): void {
    this.socket.send(JSON.stringify({ type: 'credit', records }));
  }

  all<Type extends InspectMessage['type']>(type: Type): readonly Extract<InspectMessage, { type: Type }>[] {
    return this.told.filter((each): each is Extract<InspectMessage, { type: Type }> => each.type === type);
  }

  /** Resolves when `isSo`; rejects when the page was hung up on before. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#isClosed) throw new Error('the page was hung up on');
      await new Promise<void>((resolve) => (this.#onTold = resolve));
    }
  }

  close(): void {
    this.socket.close();
  }
}
