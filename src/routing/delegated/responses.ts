/** What the delegated routing server answers: status, headers and body as the specification has them (http-routing-v1). */
import type { HttpServerResponse } from '../../ports.js';
import { formatHttpDate } from '../../wire/http-date.js';
import { IPNS_RECORD_TYPE } from '../../wire/http-routing.js';

/** For how long an IPNS record may be kept by caches. */
export interface RecordLife {
  /** What the record asks for. */
  readonly ttlMs?: number | undefined;
  /** When it stops being valid, in milliseconds since 1970. */
  readonly expiresAtMs?: number | undefined;
}

/** Seconds, as the spec has them: what is found, what is not, and the life of provider records in the DHT. */
const FOUND_SECONDS = 300;
const NOTHING_SECONDS = 15;
const STALE_SECONDS = 172_800;
/** An IPNS record that asks for no time. */
const RECORD_SECONDS = 60;

/** On everything: any site may ask. */
const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET, OPTIONS' };

const encoder = new TextEncoder();

/** Headers of an answer that is found, or not, by a search. */
export function searchHeaders(type: string, isEmpty: boolean, wallTimeMs: number): Readonly<Record<string, string>> {
  return {
    ...CORS,
    'content-type': type,
    'cache-control': cacheControl(isEmpty ? NOTHING_SECONDS : FOUND_SECONDS, STALE_SECONDS),
    'last-modified': formatHttpDate(wallTimeMs),
    vary: 'Accept',
    'x-content-type-options': 'nosniff',
  };
}

/** An IPNS record. `digest`: of the record, in hex. */
export function recordResponse(
  record: Uint8Array,
  digest: string,
  { ttlMs = 0, expiresAtMs }: RecordLife,
  wallTimeMs: number,
): HttpServerResponse {
  const leftSeconds =
    expiresAtMs === undefined ? undefined : Math.max(0, Math.floor((expiresAtMs - wallTimeMs) / 1000));
  const wanted = ttlMs > 0 ? Math.floor(ttlMs / 1000) : RECORD_SECONDS;
  return {
    status: 200,
    headers: {
      ...searchHeaders(IPNS_RECORD_TYPE, false, wallTimeMs),
      // Nobody may keep it longer than it is valid.
      'cache-control':
        leftSeconds === 0 ? 'no-store' : cacheControl(Math.min(wanted, leftSeconds ?? wanted), leftSeconds),
      etag: `"${digest}"`,
      ...(expiresAtMs === undefined || expiresAtMs < 0 ? {} : { expires: formatHttpDate(expiresAtMs) }),
    },
    body: record,
  };
}

/** A few words. */
export function textResponse(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): HttpServerResponse {
  return {
    status,
    headers: {
      ...CORS,
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body: encoder.encode(`${text}\n`),
  };
}

/** What a browser asks before it asks (CORS preflight). */
export function preflightResponse(): HttpServerResponse {
  return { status: 204, headers: CORS, body: new Uint8Array(0) };
}

function cacheControl(maxAge: number, stale: number | undefined): string {
  const staleness = stale === undefined ? '' : `, stale-while-revalidate=${stale}, stale-if-error=${stale}`;
  return `public, max-age=${maxAge}${staleness}`;
}
