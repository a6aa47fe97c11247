import { expect, test } from '@jest/globals';
import { EngineError } from '../../src/errors.js';
import { failureReport, formatFailure } from '../../src/report/failure-report.js';
import { decodeLastBytes } from '../../src/report/last-bytes.js';

const error = new EngineError('ERR_MULTISTREAM_BAD_MESSAGE', 'remote', 'multistream: no newline', {
  cause: new TypeError('inner'),
  details: {
    machine: 'multistreamDialer',
    state: 'awaitingHeader',
    lastEvent: 'wire.garbage',
    peer: '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5',
    address: '/ip4/127.0.0.1/tcp/80',
    lastBytesHex: Buffer.from('HTTP/1.1 400 Bad Request\r\n').toString('hex'),
    timeline: [
      { machine: 'connection', state: 'upgrading.connecting', event: 'start', enteredAtMs: 10, durationMs: 2.25 },
      { machine: 'multistreamDialer', state: 'awaitingHeader', event: 'start', enteredAtMs: 12.25, durationMs: 1 },
      { machine: 'multistreamDialer', state: 'badMessage', event: 'wire.garbage', enteredAtMs: 13.25 },
    ],
  },
});

test('a failure tells machine, state, event, times, bytes, causes and what to try', () => {
  expect(formatFailure(error)).toBe(
    [
      'ERR_MULTISTREAM_BAD_MESSAGE: multistream: no newline',
      "  whose fault  the peer's",
      '  died in      multistreamDialer, state awaitingHeader',
      '  last event   wire.garbage',
      '  peer         12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5',
      '  address      /ip4/127.0.0.1/tcp/80',
      '  last bytes   485454502f312e31203430302042616420526571756573740d0a',
      '  which say    an HTTP response: a web server answers here: "HTTP/1.1 400 Bad Request.\\n"',
      '  states           +0.0 ms  connection.upgrading.connecting       2.3 ms  on start',
      '                   +2.3 ms  multistreamDialer.awaitingHeader      1.0 ms  on start',
      '                   +3.3 ms  multistreamDialer.badMessage                  on wire.garbage',
      '  caused by    TypeError: inner',
      '  try          The peer does not speak multistream: is it a libp2p port?',
    ].join('\n'),
  );
});

test('the same as data', () => {
  expect(failureReport(error)).toMatchObject({
    code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    blame: 'remote',
    machine: 'multistreamDialer',
    state: 'awaitingHeader',
    causes: ['TypeError: inner'],
  });
});

test('what is not an EngineError is a bug of ours, told as such', () => {
  expect(failureReport(new RangeError('odd'))).toEqual({
    code: 'ERR_ENGINE_ASSERTION',
    message: 'odd',
    blame: 'engine',
    try: 'This is a bug in swarmchart: please report it with the failure report.',
    timeline: [],
    causes: ['RangeError: odd'],
  });
});

test.each([
  ['5353482d322e30', 'an SSH banner: an SSH server answers here: "SSH-2.0"'],
  ['160301', 'a TLS record: the peer speaks TLS on the raw connection: "..."'],
  ['68656c6c6f0a', '"hello\\n"'],
  ['00ff17', '3 bytes of binary data'],
  ['', '0 bytes of binary data'],
])('%s is told as %s', (hex, words) => {
  expect(decodeLastBytes(hex)).toBe(words);
});
