/** TLS in the views of the testing kit: its frames in words, what was agreed in it, and its bytes in fields. */
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { readTraceFile } from '../../src/platform/trace-file.js';
import { fieldsOf } from '../../src/inspect/bytes/byte-fields.js';
import { framesOf, isSaid } from '../../src/testing/frame-view.js';
import { TraceView } from '../../src/testing/trace-view.js';

const view = async (name: string): Promise<TraceView> =>
  TraceView.of(await readTraceFile(fileURLToPath(new URL(`../replay/fixtures/${name}.trace.jsonl`, import.meta.url))));

test('handshake messages are frames, records of data are not said', async () => {
  const { records } = await view('tls-dialed-js-libp2p');
  const tls = framesOf(records).filter(({ layer }) => layer === 'tls');
  const said = tls.filter(isSaid).map(({ direction, text }) => `${direction} ${text}`);
  expect(said).toEqual([
    'sent tls ClientHello',
    'received tls ServerHello',
    'received tls EncryptedExtensions',
    'received tls CertificateRequest',
    'received tls Certificate',
    'received tls CertificateVerify',
    'received tls Finished',
    'sent tls Certificate, CertificateVerify, Finished',
  ]);
  expect(tls.length).toBeGreaterThan(said.length);
});

test('the muxer that came by ALPN was agreed', async () => {
  const { agreements } = await view('tls-dialed-js-libp2p');
  expect(agreements.slice(0, 2).map(({ protocol }) => protocol)).toEqual(['/tls/1.0.0', '/yamux/1.0.0']);
});

test('bytes are fields: lines, then records by their type', async () => {
  const one = await view('tls-listener-bad-finished');
  const [sent] = [...one.bytes('sent').values()];
  const names = fieldsOf(sent ?? new Uint8Array(0)).map(({ name }) => name);
  expect(names.filter((name) => name.startsWith('tls'))).toEqual([
    'tls record of handshake',
    'tls fragment',
    'tls record of applicationData',
    'tls fragment',
    'tls record of applicationData',
    'tls fragment',
  ]);
  expect(names[3]).toBe('multistream line "/tls/1.0.0"');
});
