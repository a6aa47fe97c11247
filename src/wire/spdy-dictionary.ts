/**
 * The dictionary that every SPDY/3 header block is compressed with (draft-mbelshe-httpbis-spdy-00, 2.6.10.1): words of
 * HTTP, each behind its 32-bit length, then text that is likely to come. Both sides must hold the same 1423 bytes.
 */

/** Words with a length before each: header names and values of their time. */
const WORDS =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow ' +
  'authorization cache-control connection content-base content-encoding content-language content-length ' +
  'content-location content-md5 content-range content-type date etag expect expires from host if-match ' +
  'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma ' +
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade ' +
  'user-agent vary via warning www-authenticate method get status|200 OK|version HTTP/1.1 url public set-cookie ' +
  'keep-alive origin';

/** What follows them without lengths: status codes, dates, media types. */
const TAIL =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized' +
  '403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable' +
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT' +
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,' +
  'text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

/** What a zlib stream that wants this dictionary names it by: its Adler-32. */
export const SPDY_DICTIONARY_ID = 0xe3c6_a7c2;

/** The dictionary. Nobody may write to it. */
export const SPDY_DICTIONARY: Uint8Array = build();

function build(): Uint8Array {
  const bytes: number[] = [];
  const put = (text: string): void => {
    for (let at = 0; at < text.length; at++) bytes.push(text.charCodeAt(at));
  };
  // One word holds a space; it is set apart by bars.
  const words = WORDS.split('|').flatMap((part) => (part === '200 OK' ? [part] : part.split(' ')));
  for (const word of words) {
    bytes.push(0, 0, 0, word.length);
    put(word);
  }
  put(TAIL);
  return Uint8Array.from(bytes);
}
