/** A page without a browser: watches an inspector that is served, by its address. */
import { WebSocket } from 'ws';
import { EngineError } from '../errors.js';
import { INSPECT_CONTRACT, type InspectMessage, type InspectTrace } from '../inspect/contract.js';
import type { InspectWatcher } from '../inspect/source.js';
import { LIMITS } from '../limits.js';
import { isLoopbackHost } from './loopback.js';
import { INSPECT_SOCKET_PATH, INSPECT_SUBPROTOCOL, INSPECT_TOKEN_PREFIX } from '../inspect/contract.js';

/** What a client hears besides what a watcher does. */
export interface RemoteWatcher extends InspectWatcher {
  hello(trace: InspectTrace): void;
}

/** A client that watches. */
export interface RemoteWatch {
  /** Resolves when the inspector hung up; rejects where it cannot be reached, or speaks another contract. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** Watches the inspector at `url`, as it was printed. Throws `ERR_INVALID_ARGUMENT` for what is no such address. */
export function watchInspector(url: string, watcher: RemoteWatcher): RemoteWatch {
  const { host, hostname, token } = partsOf(url);
  if (!isLoopbackHost(hostname)) throw invalid(`${hostname} is not this machine: inspectors are on loopback alone`);
  const socket = new WebSocket(
    `ws://${host}${INSPECT_SOCKET_PATH}`,
    [INSPECT_SUBPROTOCOL, INSPECT_TOKEN_PREFIX + token],
    {
      maxPayload: LIMITS.traceFileBytes,
      perMessageDeflate: false,
    },
  );
  const credit = (records: number): void => socket.send(JSON.stringify({ type: 'credit', records }));
  const ended = new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) => reject(failed(`no inspector answers at ${host}: ${cause.message}`, cause)));
    socket.once('close', () => resolve());
    socket.on('message', (data: Buffer) => {
      const message = messageOf(data.toString('utf8'));
      if (message === undefined) {
        reject(failed(`what answers at ${host} is no inspector`));
        socket.terminate();
        return;
      }
      if (message.type === 'hello' && message.contract !== INSPECT_CONTRACT) {
        reject(failed(`the inspector speaks contract ${message.contract}, this is ${INSPECT_CONTRACT}`));
        socket.terminate();
        return;
      }
      if (message.type === 'hello') credit(LIMITS.inspectPortionRecords);
      tell(watcher, message);
      if (message.type === 'records') credit(message.records.length);
    });
  });
  return { ended, stop: () => socket.close() };
}

function tell(watcher: RemoteWatcher, message: InspectMessage): void {
  switch (message.type) {
    case 'hello': {
      watcher.hello(message.trace);
      return;
    }
    case 'trace': {
      watcher.trace(message.trace.id, message.trace.title, message.trace.header);
      return;
    }
    case 'records': {
      watcher.records(message.of, message.records);
      return;
    }
    case 'end': {
      watcher.end(message.of, message.truncated);
      return;
    }
    case 'gauges': {
      watcher.gauges(message.timeMs, message.gauges);
      return;
    }
    case 'notice': {
      watcher.notice(message.code, message.text, message.dropped);
      return;
    }
    default:
  }
}

function messageOf(text: string): InspectMessage | undefined {
  try {
    return JSON.parse(text) as InspectMessage;
  } catch {
    return undefined;
  }
}

function partsOf(url: string): { readonly host: string; readonly hostname: string; readonly token: string } {
  try {
    const { protocol, host, hostname, searchParams } = new URL(url);
    const token = searchParams.get('token');
    if (protocol === 'http:' && token !== null) return { host, hostname, token };
  } catch {
    // Told below.
  }
  throw invalid(`"${url}" is not the address of an inspector: http://127.0.0.1:PORT/?token=...`);
}

function invalid(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
}

function failed(what: string, cause?: unknown): EngineError {
  return new EngineError('ERR_HTTP_FAILED', 'local', what, { cause });
}
