/**
 * The gater: which peers and addresses a node has to do with, asked at each stage before more is spent on them. Lists are
 * fixed when the node is made; hooks may decide by anything, and at once.
 */
import { parsePeerId } from '../../crypto/peer-id.js';
import { EngineError } from '../../errors.js';
import type { Direction } from '../../messages.js';
import { ipOf, isInRange, parseIpRange, type IpRange } from '../../wire/ip.js';

/** Peers by id, and hosts by IP address or range (`10.0.0.0/8`, `2001:db8::/32`). */
export interface GaterList {
  readonly peers?: readonly string[];
  readonly addresses?: readonly string[];
}

/** What a gater refuses. A hook that answers `false` refuses; one that throws refuses too, and its error is the cause. */
export interface GaterOptions {
  /** If it names peers, only those; if it names addresses, only those. What it names has no rate per host. */
  readonly allow?: GaterList;
  /** Never those, whatever `allow` says. */
  readonly deny?: GaterList;
  /** Before any address of a peer is dialed. */
  dialPeer?(peer: string): boolean;
  /** Before an address is dialed; `peer` where it is known. */
  dialAddress?(address: string, peer: string | undefined): boolean;
  /** Before anything is read from an inbound connection. */
  accept?(remoteAddress: string): boolean;
  /**
   * When a connection's peer is proved, in both directions, before its muxer. `/plaintext/1.0.0` proves nobody: there
   * `peer` is whom we dialed, or empty, and if so this is asked once more with the peer that identify names.
   */
  secured?(peer: string, remoteAddress: string, direction: Direction): boolean;
}

/** Where a gater is asked. */
export type GaterStage = 'dialPeer' | 'dialAddress' | 'accept' | 'secured';

interface Rules {
  readonly peers: ReadonlySet<string>;
  readonly ranges: readonly IpRange[];
}

/** Answers the refusal, or `undefined`. */
export class Gater {
  readonly #options: GaterOptions;
  readonly #allow: Rules;
  readonly #deny: Rules;

  /** Throws `ERR_PEER_ID_INVALID` and `ERR_INVALID_ARGUMENT` for lists that do not read. */
  constructor(options: GaterOptions = {}) {
    this.#options = options;
    this.#allow = rulesOf(options.allow);
    this.#deny = rulesOf(options.deny);
  }

  dialPeer(peer: string): EngineError | undefined {
    return this.#judge('dialPeer', { peer }, () => this.#options.dialPeer?.(peer));
  }

  dialAddress(address: string, peer: string | undefined): EngineError | undefined {
    return this.#judge('dialAddress', { address, peer }, () => this.#options.dialAddress?.(address, peer));
  }

  accept(address: string): EngineError | undefined {
    return this.#judge('accept', { address }, () => this.#options.accept?.(address));
  }

  secured(peer: string, address: string, direction: Direction): EngineError | undefined {
    return this.#judge('secured', { peer }, () => this.#options.secured?.(peer, address, direction));
  }

  /** Whether `allow` names this address. */
  names(ip: Uint8Array): boolean {
    return this.#allow.ranges.some((range) => isInRange(range, ip));
  }

  #judge(
    stage: GaterStage,
    who: { readonly peer?: string | undefined; readonly address?: string },
    hook: () => boolean | undefined,
  ): EngineError | undefined {
    const reason = this.#listed(who);
    if (reason !== undefined) return denied(stage, who, reason);
    try {
      return hook() === false ? denied(stage, who, 'its hook refuses') : undefined;
    } catch (thrown) {
      return denied(stage, who, 'its hook threw', thrown);
    }
  }

  #listed({ peer, address }: { readonly peer?: string | undefined; readonly address?: string }): string | undefined {
    const allow = this.#allow;
    if (peer !== undefined) {
      if (this.#deny.peers.has(peer)) return 'the peer is denied';
      if (allow.peers.size > 0 && !allow.peers.has(peer)) return 'the peer is not among the allowed ones';
    }
    const ip = address === undefined ? undefined : ipOf(address);
    if (address === undefined || (ip === undefined && allow.ranges.length === 0)) return undefined;
    if (ip !== undefined && this.#deny.ranges.some((range) => isInRange(range, ip))) return 'the address is denied';
    // A name or a transport without addresses is none of the allowed ones.
    const allowed = allow.ranges.length === 0 || (ip !== undefined && this.names(ip));
    return allowed ? undefined : 'the address is not among the allowed ones';
  }
}

function rulesOf({ peers = [], addresses = [] }: GaterList = {}): Rules {
  return { peers: new Set(peers.map(parsePeerId)), ranges: addresses.map(parseIpRange) };
}

function denied(
  stage: GaterStage,
  { peer, address }: { readonly peer?: string | undefined; readonly address?: string },
  reason: string,
  cause?: unknown,
): EngineError {
  const message = `gater (${stage}): ${reason}: ${[peer, address].filter((part) => part !== undefined).join(' at ')}`;
  return new EngineError('ERR_CONNECTION_DENIED', 'local', message, {
    cause,
    details: { stage, ...(peer === undefined ? {} : { peer }), ...(address === undefined ? {} : { address }) },
  });
}
