/** An announce over HTTP: one request, one answer within bounds of time and size. */
import type { Environment } from '../../actors/environment.js';
import { EngineError, toEngineError } from '../../errors.js';
import type { Cancel } from '../../ports.js';
import { decodeTrackerAnswer, trackerUrl, type TrackerAnswer, type TrackerRequest } from '../../wire/tracker.js';
import type { AnnounceListener } from './client.js';

/** What a tracker needs of an HTTP client. */
export interface TrackerHttp {
  /** Resolves with the head of the answer; its body throws where it is cut. The signal ends both. Redirects are not followed. */
  request(request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
  }): Promise<{ readonly status: number; readonly body: AsyncIterable<Uint8Array> }>;
}

const OK = 200;

/** Announces; the listener is called in a turn, unless it is cancelled before. */
export function announceOverHttp(
  environment: Environment,
  http: TrackerHttp,
  url: string,
  request: TrackerRequest,
  listener: AnnounceListener,
): Cancel {
  const { clock, turns, limits } = environment;
  const abort = new AbortController();
  let isOver = false;
  const end = (tell: () => void): void => {
    turns.post(() => {
      if (isOver) return;
      isOver = true;
      clock.clearTimeout(timer);
      abort.abort();
      tell();
    });
  };
  const timer = clock.setTimeout(() => {
    const what = `tracker: ${url}: no answer within ${limits.trackerRequestTimeoutMs} ms`;
    end(() => listener.failed(new EngineError('ERR_TRACKER_TIMEOUT', 'remote', what)));
  }, limits.trackerRequestTimeoutMs);
  fetchAnswer(environment, http, trackerUrl(url, request), abort.signal).then(
    (answer) => end(() => listener.answered(answer)),
    (thrown: unknown) => {
      const error = toEngineError(thrown, 'ERR_TRACKER_FAILED', 'remote', `tracker: ${url}: ${String(thrown)}`);
      // What fails below the tracker's own words is one thing to whoever asked: it could not be asked.
      const isOurs = /^ERR_(?:TRACKER|WIRE)_/.test(error.code);
      const told = isOurs
        ? error
        : new EngineError('ERR_TRACKER_FAILED', 'remote', `tracker: ${url}`, { cause: error });
      end(() => listener.failed(told));
    },
  );
  return () => end(() => undefined);
}

async function fetchAnswer(
  { limits }: Environment,
  http: TrackerHttp,
  url: string,
  signal: AbortSignal,
): Promise<TrackerAnswer> {
  const { status, body } = await http.request({ method: 'GET', url, headers: {}, signal });
  if (status !== OK)
    throw new EngineError('ERR_TRACKER_BAD_ANSWER', 'remote', `tracker: it answered with status ${status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limits.trackerAnswerBytes) {
      const what = `tracker: its answer is longer than ${limits.trackerAnswerBytes} bytes`;
      throw new EngineError('ERR_TRACKER_BAD_ANSWER', 'remote', what);
    }
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return decodeTrackerAnswer(bytes, limits);
}
