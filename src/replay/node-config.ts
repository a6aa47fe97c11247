/** What decides how a node behaves, in the header of a trace and back. */
import type { CreateNodeOptions } from '../create-node.js';
import { GENERATION } from '../generation.js';
import { FORMER_LIMITS, toldLimits, type Limits } from '../limits.js';
import type { PeerOptions } from '../host/options.js';
import { peerOptionsOf } from '../host/peer-options.js';
import type { Trace, TraceConfig } from '../trace/format.js';
import { fromHex } from '../trace/values.js';
import { toHex } from '../wire/hex.js';
import { routingConfigOf, routingIn } from './routing-config.js';
import { hooksWhere, type GaterOptions, type HookName } from './gater-hooks.js';

/** The options that a replay has to repeat. A private key is told only where `withKey` says so. */
export function configOf(options: CreateNodeOptions, withKey: boolean): TraceConfig {
  const {
    listen,
    security,
    muxers,
    lazyNegotiation = true,
    bootstrap,
    limits,
    agentVersion,
    testProtocols,
    privateKey,
  } = options;
  const { resources, connectionManager, gater } = options;
  // They name peers and hosts: a redacted trace, which is not replayed, has no need of them.
  const routing = routingConfigOf(options.routing);
  const policy = withKey
    ? { resources, connection_manager: connectionManager, gater: gaterConfigOf(gater), routing }
    : {};
  return {
    ...policy,
    listen,
    security,
    muxers,
    lazy_negotiation: lazyNegotiation,
    generation: options.generation ?? GENERATION,
    bootstrap,
    limits: toldLimits(limits),
    agent_version: agentVersion,
    test_protocols: testProtocols,
    ...peerConfigOf(options),
    private_key: withKey && privateKey !== undefined ? toHex(privateKey) : undefined,
  };
}

/** The options of the node that a trace tells of. */
export function nodeOptionsOf({ header }: Trace): CreateNodeOptions {
  const { config } = header.engine;
  const options: Record<string, unknown> = {
    listen: config['listen'],
    security: config['security'],
    muxers: config['muxers'],
    // Recorded before there was a choice: nothing was lazy.
    lazyNegotiation: config['lazy_negotiation'] ?? false,
    generation: config['generation'] ?? 1,
    bootstrap: config['bootstrap'],
    limits: { ...FORMER_LIMITS, ...(config['limits'] as Partial<Limits> | undefined) },
    agentVersion: config['agent_version'],
    testProtocols: config['test_protocols'],
    ...peerOptionsIn(config),
    resources: config['resources'],
    connectionManager: config['connection_manager'],
    gater: gaterIn(config),
    routing: routingIn(config),
    privateKey: typeof config['private_key'] === 'string' ? fromHex(config['private_key']) : undefined,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Lists as they are; of hooks, which cannot be written down, which there are. */
function gaterConfigOf(gater: GaterOptions | undefined): TraceConfig | undefined {
  if (gater === undefined) return undefined;
  const hooks = hooksWhere((name) => gater[name] !== undefined);
  return { allow: gater.allow, deny: gater.deny, hooks: hooks.length === 0 ? undefined : hooks };
}

function gaterIn({ gater }: TraceConfig): GaterOptions | undefined {
  if (gater === undefined) return undefined;
  const { allow, deny } = gater as GaterOptions;
  return { ...(allow === undefined ? {} : { allow }), ...(deny === undefined ? {} : { deny }) };
}

/** The hooks that the gater of the node had; none in traces of before their answers were told. */
export function toldHookNames({ header }: Trace): readonly HookName[] {
  const { hooks = [] } = (header.engine.config['gater'] ?? {}) as { readonly hooks?: readonly unknown[] };
  return hooksWhere((name) => hooks.includes(name));
}

/** What it does about peers unasked; what is off is left out, as it was before there was any. */
function peerConfigOf(options: PeerOptions): TraceConfig {
  const { identify, peerstore, relayV1, pingMonitor } = peerOptionsOf(options);
  const { push, signedRecord } = identify;
  return {
    identify: push === true || signedRecord === true ? { push, signed_record: signedRecord } : undefined,
    peerstore: peerstore.persistent === true ? { persistent: true } : undefined,
    relay_v1: relayV1 ? true : undefined,
    ping_monitor: pingMonitor === false ? undefined : pingMonitor,
  };
}

function peerOptionsIn(config: TraceConfig): PeerOptions {
  const { identify, peerstore, relay_v1, ping_monitor } = config as {
    readonly identify?: { readonly push?: boolean; readonly signed_record?: boolean };
    readonly peerstore?: { readonly persistent?: boolean };
    readonly relay_v1?: boolean;
    readonly ping_monitor?: boolean;
  };
  return peerOptionsOf({
    identify: { push: identify?.push === true, signedRecord: identify?.signed_record === true },
    peerstore: { persistent: peerstore?.persistent === true },
    relayV1: relay_v1 === true,
    pingMonitor: ping_monitor ?? false,
  });
}
