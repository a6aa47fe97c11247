/** What the head of an answer means (specs.ipfs.tech http-routing-v1, "Response Status Codes", "Error Codes"). */
import type { ErrorCode } from '../../errors.js';
import type { Limits } from '../../limits.js';
import type { HttpResponse } from '../../ports.js';
import { parseHttpDate } from '../../wire/http-date.js';
import { IPNS_RECORD_TYPE, JSON_TYPE, mediaTypeOf, NDJSON_TYPE, type RecordList } from '../../wire/http-routing.js';

/** What a request asks for: records of a list, a value, or only whether it is taken. */
export type Expected = RecordList | 'value' | 'stored';

/** How to go on after a head. */
export type Head =
  | { readonly means: 'lines' }
  | { readonly means: 'list' }
  | { readonly means: 'value' }
  /** Nothing was found, or what was sent is taken: there is nothing to read. */
  | { readonly means: 'nothing' }
  | { readonly means: 'redirect'; readonly url: string }
  | { readonly means: 'throttled'; readonly restMs: number }
  | { readonly means: 'refused'; readonly code: ErrorCode; readonly why: string };

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Reads a head. A redirect counts only for what is read, and only within the origin that was asked: servers move a request
 * to the form of its key that their caches know, but an answer of another origin, or one without TLS, would be taken for
 * that of the server that was chosen.
 */
export function headOf(
  { status, headers }: Pick<HttpResponse, 'status' | 'headers'>,
  request: { readonly url: string; readonly expects: Expected },
  { wallTimeMs, limits }: { readonly wallTimeMs: number; readonly limits: RestLimits },
): Head {
  const { expects, url } = request;
  if (REDIRECTS.has(status)) return redirectOf(headers['location'], url, expects);
  const retryAfter = headers['retry-after'];
  if (status === 429 || (status === 503 && retryAfter !== undefined)) {
    return { means: 'throttled', restMs: restOf(retryAfter, wallTimeMs, limits) };
  }
  if (status === 501) return refused('ERR_HTTP_ROUTING_UNSUPPORTED', 'status 501');
  if (status === 404 && expects !== 'stored') return { means: 'nothing' };
  if (status !== 200) return refused('ERR_HTTP_ROUTING_STATUS', `status ${status}`);
  if (expects === 'stored') return { means: 'nothing' };
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    return refused(
      'ERR_HTTP_ROUTING_BAD_TYPE',
      `an answer packed with ${encoding.slice(0, 32)}, which nobody asked for`,
    );
  }
  const type = mediaTypeOf(headers['content-type']);
  // Any other type means that there is no record.
  if (expects === 'value') return { means: type === IPNS_RECORD_TYPE ? 'value' : 'nothing' };
  if (type === NDJSON_TYPE) return { means: 'lines' };
  if (type === JSON_TYPE) return { means: 'list' };
  return refused('ERR_HTTP_ROUTING_BAD_TYPE', `an answer of type "${type.slice(0, 64)}"`);
}

/** The bounds of rests. */
export type RestLimits = Pick<Limits, 'httpRoutingRestMs' | 'httpRoutingRestMaxMs'>;

/** Milliseconds of a `retry-after`: seconds, or a date of HTTP. */
function restOf(header: string | undefined, wallTimeMs: number, limits: RestLimits): number {
  const text = header?.trim() ?? '';
  const date = parseHttpDate(text);
  const told = /^\d{1,10}$/.test(text) ? Number(text) * 1000 : date === undefined ? undefined : date - wallTimeMs;
  return Math.min(Math.max(told ?? limits.httpRoutingRestMs, 0), limits.httpRoutingRestMaxMs);
}

function redirectOf(location: string | undefined, from: string, expects: Expected): Head {
  const target = location !== undefined && URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (target === undefined) return refused('ERR_HTTP_ROUTING_REDIRECT', 'a redirect to nowhere');
  if (target.origin !== new URL(from).origin) {
    return refused('ERR_HTTP_ROUTING_REDIRECT', `a redirect to another origin, ${target.origin.slice(0, 128)}`);
  }
  if (expects === 'stored') return refused('ERR_HTTP_ROUTING_REDIRECT', 'a redirect of what was to be stored');
  return { means: 'redirect', url: target.href };
}

function refused(code: ErrorCode, why: string): Head {
  return { means: 'refused', code, why };
}
