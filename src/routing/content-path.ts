/** Content paths: what a name leads to, `/ipfs/CID`, `/ipns/NAME` or `/ipns/DOMAIN`, with a path behind it or not. */
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { ipnsNameText } from '../crypto/ipns-name.js';
import { parsePeerId, peerIdFromBytes } from '../crypto/peer-id.js';
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';

/** A path, taken apart. `rest` is empty or begins with a slash. */
export type ContentPath =
  | { readonly kind: 'content'; readonly cid: CID; readonly rest: string }
  /** `name` is a peer id in canonical text. */
  | { readonly kind: 'name'; readonly name: string; readonly rest: string }
  /** `name` is in lower case, without a dot at its end. */
  | { readonly kind: 'domain'; readonly name: string; readonly rest: string };

/** Multicodec of a CID that is an IPNS name. */
const LIBP2P_KEY = 0x72;
const FORM = /^\/(ipfs|ipns)\/([^/]+)(\/.*)?$/s;
const DOMAIN = /^(?=.{3,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/;

/**
 * Takes a path apart; a CID without `/ipfs/` before it is one, too, as records of old have it. Throws
 * `ERR_IPNS_VALUE_INVALID` with local blame, before it decodes what is over the bounds.
 */
export function parseContentPath(
  text: string,
  limits: Pick<Limits, 'ipnsRecordBytes' | 'ipnsCidChars'> = LIMITS,
): ContentPath {
  const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  if (text.length > limits.ipnsRecordBytes) throw invalid(shown, `${text.length} characters`);
  const [, namespace = 'ipfs', root = text, rest = ''] = FORM.exec(text) ?? [];
  if (root.length > limits.ipnsCidChars) throw invalid(shown, `its root has ${root.length} characters`);
  const path = namespace === 'ipfs' ? contentOf(root, rest) : nameOf(root, rest);
  if (path === undefined) throw invalid(shown, 'it does not begin with a CID or a name');
  return path;
}

/** A path in canonical text: CIDv1 in base32, names as `k51...`. */
export function contentPathText(path: ContentPath): string {
  switch (path.kind) {
    case 'content':
      return `/ipfs/${path.cid.toString()}${path.rest}`;
    case 'name':
      return `/ipns/${ipnsNameText(path.name)}${path.rest}`;
    case 'domain':
      return `/ipns/${path.name}${path.rest}`;
    default:
      return path satisfies never;
  }
}

/** `path` with `rest`, the path behind the name that led to it, behind its own. */
export function joinRest(path: ContentPath, rest: string): ContentPath {
  const before = rest !== '' && path.rest.endsWith('/') ? path.rest.slice(0, -1) : path.rest;
  return { ...path, rest: before + rest };
}

function contentOf(root: string, rest: string): ContentPath | undefined {
  const cid = cidOf(root);
  if (cid?.code !== LIBP2P_KEY) return cid === undefined ? undefined : { kind: 'content', cid, rest };
  return named(() => peerIdFromBytes(cid.multihash.bytes), rest);
}

function nameOf(root: string, rest: string): ContentPath | undefined {
  const name = named(() => parsePeerId(root), rest);
  if (name !== undefined) return name;
  const domain = root.toLowerCase().replace(/\.$/, '');
  return DOMAIN.test(domain) ? { kind: 'domain', name: domain, rest } : undefined;
}

function named(parse: () => string, rest: string): ContentPath | undefined {
  try {
    return { kind: 'name', name: parse(), rest };
  } catch {
    return undefined;
  }
}

function cidOf(text: string): CID | undefined {
  try {
    const cid = CID.parse(text);
    // A multihash that does not add up is found out here and not in whoever looks for it.
    Digest.decode(cid.multihash.bytes);
    return cid;
  } catch {
    return undefined;
  }
}

function invalid(text: string, why: string): EngineError {
  return new EngineError('ERR_IPNS_VALUE_INVALID', 'local', `"${text}" is no content path: ${why}`);
}
