/** The frame tables of `wire/` as Lua, so that the dissector and the engine read the same numbers. */
import { MPLEX_FLAG, MPLEX_PROTOCOL } from '../../../wire/mplex.js';
import { MULTISTREAM_ID, MULTISTREAM_LS, MULTISTREAM_NA } from '../../../wire/multistream.js';
import { NOISE_LENGTH_BYTES, NOISE_XX_TOKENS } from '../../../wire/noise.js';
import { PLAINTEXT_ID } from '../../../wire/plaintext.js';
import { SECIO_LENGTH_BYTES } from '../../../wire/secio.js';
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
    assignment('YAMUX_HEADER_BYTES', YAMUX_HEADER_BYTES),
    assignment('YAMUX_TYPE', YAMUX_TYPE),
    assignment(
      'YAMUX_TYPE_NAMES',
      Object.fromEntries(Object.values(YAMUX_TYPE).map((type) => [type, yamuxTypeName(type)])),
    ),
    assignment('YAMUX_FLAG_NAMES', Object.fromEntries(Object.entries(YAMUX_FLAG).map(([name, bit]) => [bit, name]))),
    assignment(
      'YAMUX_GO_AWAY_NAMES',
      Object.fromEntries(Object.entries(YAMUX_GO_AWAY).map(([name, code]) => [code, name])),
    ),
    assignment('MPLEX_FLAG_NAMES', Object.fromEntries(Object.entries(MPLEX_FLAG).map(([name, flag]) => [flag, name]))),
    assignment('LAYERS', {
      '/noise': 'noise',
      '/secio/1.0.0': 'secio',
      [PLAINTEXT_ID]: 'plaintext',
      [YAMUX_PROTOCOL]: 'yamux',
      [MPLEX_PROTOCOL]: 'mplex',
    }),
    assignment('LENGTH_PREFIXED', LENGTH_PREFIXED),
  ];
  return lines.join('\n');
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
