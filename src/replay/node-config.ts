/** What decides how a node behaves, in the header of a trace and back. */
import type { CreateNodeOptions } from '../create-node.js';
import { FORMER_LIMITS, toldLimits, type Limits } from '../limits.js';
import type { Trace, TraceConfig } from '../trace/format.js';
import { fromHex } from '../trace/values.js';
import { toHex } from '../wire/hex.js';

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
  return {
    listen,
    security,
    muxers,
    lazy_negotiation: lazyNegotiation,
    bootstrap,
    limits: toldLimits(limits),
    agent_version: agentVersion,
    test_protocols: testProtocols,
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
    bootstrap: config['bootstrap'],
    limits: { ...FORMER_LIMITS, ...(config['limits'] as Partial<Limits> | undefined) },
    agentVersion: config['agent_version'],
    testProtocols: config['test_protocols'],
    privateKey: typeof config['private_key'] === 'string' ? fromHex(config['private_key']) : undefined,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
