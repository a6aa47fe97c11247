/** One observation in words. Traces come from elsewhere: a field that is not there, or is of another kind, is left out. */
import type { TraceRecord } from '../format.js';

type Data = TraceRecord['data'];

/** What an observation says; `undefined` for one that is not known here. */
export function describeObservation(name: string, data: Data): string | undefined {
  // A name may be that of what every object has.
  const said = Object.hasOwn(SAYINGS, name) ? SAYINGS[name]?.(data) : undefined;
  return data['standing'] === true ? said?.replace(/^seen: /, 'stands: ') : said;
}

const SAYINGS: Readonly<Partial<Record<string, (data: Data) => string>>> = {
  'seen:bitswap': bitswapText,
  'seen:query': queryText,
  'seen:table': tableText,
  'seen:connection': connectionText,
  'seen:stream': streamText,
  'seen:credit': creditText,
  'seen:passed': passedText,
  'seen:untold': (data) => `stands: ${textOf(data, 'records')} more records, which there was no room to tell`,
  'seen:state': (data) => `stands: ${textOf(data, 'machine')} in ${textOf(data, 'state')}`,
};

function bitswapText(data: Data): string {
  const [type, cid, peer] = [textOf(data, 'type'), textOf(data, 'cid'), textOf(data, 'peer')];
  const session = after(' for session ', data, 'session');
  if (type === 'stall') return `seen: ${peer} stalls on ${cid}${session}`;
  if (type === 'fault') return `seen: ${peer} is at fault${after(': ', data, 'error')}`;
  const isSent = data['direction'] === 'sent';
  const where = isSent ? `to ${peer}` : `from ${peer}`;
  return `seen: ${type} ${cid} ${where}${after(', ', data, 'bytes', ' bytes')}${session}`;
}

function queryText(data: Data): string {
  const [change, peer] = [textOf(data, 'change'), textOf(data, 'peer')];
  const took = tookText(data);
  const query = `seen: query ${textOf(data, 'query')}`;
  switch (change) {
    case 'started':
      return `${query} starts: ${textOf(data, 'asks')} ${textOf(data, 'key')}`;
    case 'heard':
      return `${query} hears of ${peer}${after(' from ', data, 'from')}, distance ${textOf(data, 'distance_bits')} bits`;
    case 'answered':
      return `${query}: ${peer} answered${took}${after(', told of ', data, 'closer')}${after(', ', data, 'new_peers', ' of them new')}`;
    case 'failed':
    case 'timed-out':
      return `${query}: ${peer} ${change === 'failed' ? 'failed' : 'timed out'}${took}${after(': ', data, 'error')}`;
    case 'finished': {
      const { closest } = data;
      const count = Array.isArray(closest) ? closest.length : 0;
      return `${query} ends: ${textOf(data, 'outcome')}${took}, ${textOf(data, 'messages')} asked, ${count} closest`;
    }
    default:
      return `${query}: ${peer} is ${change}`;
  }
}

function tableText(data: Data): string {
  const [change, peer] = [textOf(data, 'change'), textOf(data, 'peer')];
  const why = after(' (', data, 'reason', ')');
  return `seen: bucket ${textOf(data, 'bucket')} of ${textOf(data, 'dht')}: ${peer} ${change}${after(' by ', data, 'by')}${why}`;
}

function connectionText(data: Data): string {
  const parts = ['security', 'muxer'].map((field) => after(', ', data, field)).join('');
  const who = `${textOf(data, 'direction')}${after(' with ', data, 'peer')} at ${textOf(data, 'remote')}`;
  return `stands: ${textOf(data, 'connection')} ${who}${parts}, ${textOf(data, 'streams')} streams`;
}

function streamText(data: Data): string {
  const credit = `${after(', may send ', data, 'send_credit', ' bytes')}${after(', may receive ', data, 'receive_credit', ' bytes')}`;
  return `stands: stream #${textOf(data, 'stream')} ${textOf(data, 'direction')}${after(' ', data, 'protocol')}${credit}`;
}

function creditText(data: Data): string {
  const whose = data['stream'] === undefined ? 'of the session' : `of stream #${textOf(data, 'stream')}`;
  const what = data['direction'] === 'dropped' ? 'came and nobody reads them' : 'more may be sent';
  return `seen: window ${whose}: ${textOf(data, 'bytes')} bytes ${what}`;
}

/** To a tenth of a millisecond: what clocks say beyond that is noise. */
function tookText({ took_ms: tookMs }: Data): string {
  return typeof tookMs === 'number' ? ` after ${Math.round(tookMs * 10) / 10} ms` : '';
}

function textOf(data: Data, field: string): string {
  const value = data[field];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}

/** A field with what stands around it; nothing where it is absent. */
function after(before: string, data: Data, field: string, behind = ''): string {
  return data[field] === undefined ? '' : `${before}${textOf(data, field)}${behind}`;
}

function passedText(data: Data): string {
  const whose = data['stream'] === undefined ? 'the connection' : `stream ${textOf(data, 'stream')}`;
  return `seen: ${whose} passed ${textOf(data, 'sent')} bytes out, ${textOf(data, 'received')} in, records left out`;
}
