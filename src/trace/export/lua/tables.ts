/** The frame tables of `wire/` as Lua, so that the dissector and the engine read the same numbers. */
import { MPLEX_FLAG, MPLEX_PROTOCOL } from '../../../wire/mplex.js';
import { MULTISTREAM_ID, MULTISTREAM_LS, MULTISTREAM_NA } from '../../../wire/multistream.js';
import { NOISE_LENGTH_BYTES, NOISE_XX_TOKENS } from '../../../wire/noise.js';
import { PLAINTEXT_1_ID, PLAINTEXT_ID } from '../../../wire/plaintext.js';
import { SECIO_LENGTH_BYTES } from '../../../wire/secio.js';
import {
  SPDY_GO_AWAY,
  SPDY_HEADER_BYTES,
  SPDY_PROTOCOL,
  SPDY_STATUS,
  SPDY_TYPE,
  SPDY_VERSION,
} from '../../../wire/spdy.js';
import { TLS_MESSAGE_HEADER_BYTES, tlsMessageName } from '../../../wire/tls-handshake.js';
import { TLS_ALERT, TLS_CONTENT, TLS_MESSAGE } from '../../../wire/tls-names.js';
import { TLS_RECORD_HEADER_BYTES } from '../../../wire/tls-record.js';
import {
  YAMUX_FLAG,
  YAMUX_GO_AWAY,
  YAMUX_HEADER_BYTES,
  YAMUX_PROTOCOL,
  YAMUX_TYPE,
  yamuxTypeName,
} from '../../../wire/yamux.js';

/** Protocols whose messages have a varint length in front, by how their ids begin. */
const LENGTH_PREFIXED = [
  '/ipfs/id/',
  '/ipfs/bitswap',
  '/ipfs/kad/',
  '/libp2p/circuit/',
  '/libp2p/dcutr',
  '/libp2p/autonat/',
];

/** The tables as local variables of a Lua file. */
export function luaTables(): string {
  const lines = [
    assignment('MULTISTREAM_ID', MULTISTREAM_ID),
    assignment('MULTISTREAM_NA', MULTISTREAM_NA),
    assignment('MULTISTREAM_LS', MULTISTREAM_LS),
    assignment('NOISE_LENGTH_BYTES', NOISE_LENGTH_BYTES),
    assignment(
      'NOISE_MESSAGES',
      Object.fromEntries(Object.entries(NOISE_XX_TOKENS).map(([n, tokens]) => [n, tokens.join(', ')])),
    ),
    assignment('SECIO_LENGTH_BYTES', SECIO_LENGTH_BYTES),
    assignment('SECIO_MESSAGES', { 1: 'Propose', 2: 'Exchange' }),
    assignment('TLS_RECORD_HEADER_BYTES', TLS_RECORD_HEADER_BYTES),
    assignment('TLS_MESSAGE_HEADER_BYTES', TLS_MESSAGE_HEADER_BYTES),
    assignment('TLS_CONTENT', TLS_CONTENT),
    assignment('TLS_CONTENT_NAMES', namesOf(TLS_CONTENT)),
    assignment(
      'TLS_MESSAGE_NAMES',
      Object.fromEntries(Object.values(TLS_MESSAGE).map((type) => [type, tlsMessageName(type)])),
    ),
    assignment('TLS_ALERT_NAMES', namesOf(TLS_ALERT)),
    assignment('YAMUX_HEADER_BYTES', YAMUX_HEADER_BYTES),
    assignment('YAMUX_TYPE', YAMUX_TYPE),
    assignment(
      'YAMUX_TYPE_NAMES',
      Object.fromEntries(Object.values(YAMUX_TYPE).map((type) => [type, yamuxTypeName(type)])),
    ),
    assignment('YAMUX_FLAG_NAMES', namesOf(YAMUX_FLAG)),
    assignment('YAMUX_GO_AWAY_NAMES', namesOf(YAMUX_GO_AWAY)),
    assignment('MPLEX_FLAG_NAMES', namesOf(MPLEX_FLAG)),
    assignment('SPDY_HEADER_BYTES', SPDY_HEADER_BYTES),
    assignment('SPDY_VERSION', SPDY_VERSION),
    assignment('SPDY_TYPE', SPDY_TYPE),
    assignment('SPDY_TYPE_NAMES', namesOf(SPDY_TYPE)),
    assignment('SPDY_STATUS_NAMES', namesOf(SPDY_STATUS)),
    assignment('SPDY_GO_AWAY_NAMES', namesOf(SPDY_GO_AWAY)),
    assignment('LAYERS', {
      '/noise': 'noise',
      '/tls/1.0.0': 'tls',
      '/secio/1.0.0': 'secio',
      [PLAINTEXT_ID]: 'plaintext',
      // It has no bytes of its own.
      [PLAINTEXT_1_ID]: 'multistream',
      [YAMUX_PROTOCOL]: 'yamux',
      [MPLEX_PROTOCOL]: 'mplex',
      [SPDY_PROTOCOL]: 'spdy',
    }),
    assignment('LENGTH_PREFIXED', LENGTH_PREFIXED),
  ];
  return lines.join('\n');
}

/** A table of codes by name the other way round. */
function namesOf(codes: Readonly<Record<string, number>>): LuaValue {
  return Object.fromEntries(Object.entries(codes).map(([name, code]) => [code, name]));
}

type LuaValue = string | number | readonly LuaValue[] | { readonly [key: string]: LuaValue };

function assignment(name: string, value: LuaValue): string {
  return `local ${name} = ${literal(value)}`;
}

function literal(value: LuaValue): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return String(value);
  if (isList(value)) return `{ ${value.map(literal).join(', ')} }`;
  const entries = Object.entries(value).map(([key, item]) => {
    const isNumber = /^\d+$/.test(key);
    return `[${isNumber ? key : quoted(key)}] = ${literal(item)}`;
  });
  return `{ ${entries.join(', ')} }`;
}

function isList(value: LuaValue): value is readonly LuaValue[] {
  return Array.isArray(value);
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
