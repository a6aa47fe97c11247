/**
 * An HTTP client whose requests are numbered and told, and whose answers come one at a time, each piece of a body when its
 * reader asks for it.
 */
import { EngineError, toEngineError } from '../../errors.js';
import type { HttpClient, HttpRequest, HttpResponse } from '../../ports.js';
import { flatError } from './flat-error.js';
import type { Recorder } from './recorder.js';

const ACTOR = 'http';
const NOTHING_MORE = { done: true, value: undefined } as const;

/** Wraps `http`. */
export function recordingHttp(recorder: Recorder, http: HttpClient): HttpClient {
  let requests = 0;
  return {
    request: (asked) => new RecordedRequest(recorder, ++requests, asked).send(http),
    close: () => http.close(),
  };
}

class RecordedRequest {
  readonly #recorder: Recorder;
  readonly #number: number;
  readonly #asked: HttpRequest;
  /** Nothing of it is told any more: it was read to its end, left, or cancelled. */
  #isOver = false;
  /** Rejects what is awaited. */
  #reject: (error: EngineError) => void = () => undefined;
  readonly #onAbort = (): void => this.#abort();

  constructor(recorder: Recorder, number: number, asked: HttpRequest) {
    this.#recorder = recorder;
    this.#number = number;
    this.#asked = asked;
  }

  send(http: HttpClient): Promise<HttpResponse> {
    const { method, url, headers, body, signal, onConnected } = this.#asked;
    const raw = body === undefined ? {} : { raw: this.#recorder.raw(body) };
    this.#output('http:called', { method, ...partsOf(url), headers, ...raw });
    if (signal?.aborted === true) {
      this.#abort();
      return Promise.reject(this.#aborted());
    }
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    const connected = (): void => this.#input('http:connected', {}, () => onConnected?.());
    return this.#answer(http.request({ ...this.#asked, onConnected: connected }), (response) => {
      const { status, headers: answered } = response;
      return {
        told: ['http:answered', { status, headers: answered }],
        value: { ...response, body: this.#body(response.body) },
      };
    });
  }

  #body(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    return {
      [Symbol.asyncIterator]: () => {
        const iterator = body[Symbol.asyncIterator]();
        return {
          next: () => {
            if (this.#isOver) return this.#asked.signal?.aborted === true ? this.#cancelled() : nothingMore();
            this.#output('http:pulled', {});
            return this.#answer(iterator.next(), (result) => {
              const isDone = result.done === true;
              if (isDone) this.#end();
              return {
                told: ['http:received', isDone ? { done: true } : { raw: this.#recorder.raw(result.value) }],
                value: result,
              };
            });
          },
          return: () => {
            if (!this.#isOver) {
              this.#output('http:left', {});
              this.#end();
            }
            // How long the connection takes to go is nothing that the reader waits for: it would be one more input.
            void iterator.return?.().catch(() => undefined);
            return nothingMore();
          },
        };
      },
    };
  }

  /** `work`, told when it is done; a request that was cancelled meanwhile has been answered. */
  #answer<Raw, Value>(
    work: Promise<Raw>,
    answer: (raw: Raw) => { readonly told: readonly [name: string, data: object]; readonly value: Value },
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      work.then(
        (raw) =>
          this.#recorder.defer(() => {
            if (this.#isOver) return;
            const { told, value } = answer(raw);
            this.#recorder.input(told[0], ACTOR, { request: this.#number, ...told[1] });
            resolve(value);
          }),
        (thrown: unknown) =>
          this.#recorder.defer(() => {
            if (this.#isOver) return;
            const error = toEngineError(thrown, 'ERR_HTTP_FAILED', 'remote', String(thrown));
            this.#end();
            this.#recorder.input('http:failed', ACTOR, { request: this.#number, ...flatError(error) });
            reject(error);
          }),
      );
    });
  }

  #abort(): void {
    if (this.#isOver) return;
    this.#output('http:aborted', {});
    this.#end();
    this.#reject(this.#aborted());
  }

  #end(): void {
    this.#isOver = true;
    this.#asked.signal?.removeEventListener('abort', this.#onAbort);
  }

  #aborted(): EngineError {
    return new EngineError('ERR_ABORTED', 'local', `${this.#asked.url}: the request was cancelled`);
  }

  #cancelled(): Promise<never> {
    return Promise.reject(this.#aborted());
  }

  #input(name: string, data: object, then: () => void): void {
    this.#recorder.defer(() => {
      if (this.#isOver) return;
      this.#recorder.input(name, ACTOR, { request: this.#number, ...data });
      then();
    });
  }

  #output(name: string, data: object): void {
    this.#recorder.output(name, ACTOR, { request: this.#number, ...data });
  }
}

function nothingMore(): Promise<IteratorReturnResult<undefined>> {
  return Promise.resolve(NOTHING_MORE);
}

/** A URL in two: its place, and what is asked there, which may hold a pass key. What is no URL is all path. */
function partsOf(url: string): { readonly origin: string; readonly path: string } {
  const origin = URL.canParse(url) ? new URL(url).origin : '';
  return url.startsWith(origin) ? { origin, path: url.slice(origin.length) } : { origin: '', path: url };
}
