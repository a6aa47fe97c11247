/** A query of the DHT in lines, as it runs. */
import type { NumberedQueryEvent } from '../actors/dht/query-events.js';
import type { QueryRecord } from '../actors/dht/query-record.js';

/** One line for an event: when, what, whom; `undefined` for what is told elsewhere. */
export function queryLine({ query, event }: NumberedQueryEvent, atMs: number): string | undefined {
  const head = `${atMs.toFixed(0).padStart(6)} ms  #${query}`;
  switch (event.type) {
    case 'peer.asked':
      return `${head}  asked      ${event.peer}  hop ${event.hops}${event.probeHex === undefined ? '' : ', past the dead'}`;
    case 'peer.answered': {
      const { providerPeers, record } = event.answer;
      const told = [`${event.heard.length} new`];
      if (providerPeers.length > 0) told.push(`${providerPeers.length} providers`);
      if (record !== undefined) told.push(`a value of ${record.value.length} bytes`);
      return `${head}  answered   ${event.peer}  ${told.join(', ')}, ${event.tookMs.toFixed(0)} ms`;
    }
    case 'peer.failed':
      return `${head}  failed     ${event.peer}  ${event.error.code}, ${event.tookMs.toFixed(0)} ms`;
    case 'peer.timedOut':
      return `${head}  timed out  ${event.peer}  ${event.tookMs.toFixed(0)} ms`;
    case 'query.ended':
      return `${head}  ${summaryOf(event.record)}`;
    case 'provider.found':
    case 'value.found':
      return undefined;
  }
}

/** How a query ended, in one line. */
export function summaryOf({ outcome, messages, answered, failed, timedOut, hops, tookMs }: QueryRecord): string {
  const fates = [`${answered} answered`, `${failed} failed`, `${timedOut} timed out`].join(', ');
  return `${outcome}: ${messages} asked, ${fates}, ${hops} hops, ${tookMs.toFixed(0)} ms`;
}

/** An event as plain data: what came is in hex, errors are their codes, and the record is told by itself. */
export function queryJson({ query, event }: NumberedQueryEvent, atMs: number): Readonly<Record<string, unknown>> {
  const head = { type: event.type, query, atMs };
  switch (event.type) {
    case 'peer.asked':
      return {
        ...head,
        peer: event.peer,
        hops: event.hops,
        path: event.path,
        ...(event.probeHex === undefined ? {} : { probeHex: event.probeHex }),
      };
    case 'peer.answered':
      return { ...head, peer: event.peer, tookMs: event.tookMs, heard: event.heard };
    case 'peer.failed':
    case 'peer.timedOut':
      return { ...head, peer: event.peer, tookMs: event.tookMs, error: event.error.code };
    case 'provider.found':
      return { ...head, peer: event.peer, provider: event.provider };
    case 'value.found':
      return { ...head, peer: event.peer, valueBytes: event.record.value.length };
    case 'query.ended':
      return { ...head, outcome: event.outcome, record: event.record };
  }
}
