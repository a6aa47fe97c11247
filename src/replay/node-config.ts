/** What decides how a node behaves, in the header of a trace and back. */
import type { CreateNodeOptions } from '../create-node.js';
import type { Trace, TraceConfig } from '../trace/format.js';
import { fromHex } from '../trace/values.js';
import { toHex } from '../wire/hex.js';

/** The options that a replay has to repeat. A private key is told only where `withKey` says so. */
export function configOf(options: CreateNodeOptions, withKey: boolean): TraceConfig {
  const { listen, security, muxers, bootstrap, limits, agentVersion, testProtocols, privateKey } = options;
  const { resources, connectionManager, gater } = options;
  // They name peers and hosts: a redacted trace, which is not replayed, has no need of them. Hooks cannot be written down.
  const policy = withKey ? { resources, connection_manager: connectionManager, gater } : {};
  return {
    ...policy,
    listen,
    security,
    muxers,
    bootstrap,
    limits,
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
    bootstrap: config['bootstrap'],
    limits: config['limits'],
    agentVersion: config['agent_version'],
    testProtocols: config['test_protocols'],
    resources: config['resources'],
    connectionManager: config['connection_manager'],
    gater: config['gater'],
    privateKey: typeof config['private_key'] === 'string' ? fromHex(config['private_key']) : undefined,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
