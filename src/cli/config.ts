/** The configuration file of a daemon: read, checked, and what its words override. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateNodeOptions } from '../create-node.js';
import { EngineError } from '../errors.js';
import type { NodeRoutingOptions } from '../host/routing/options.js';
import { LIMITS } from '../limits.js';
import type { LogLevel } from '../telemetry/log.js';
import { CONFIG_SCHEMA } from './config-schema.js';
import { checkAgainst } from '../options/schema-check.js';

/** What of a node a file can say. */
type NodeKeys =
  | 'listen'
  | 'security'
  | 'muxers'
  | 'bootstrap'
  | 'limits'
  | 'connectionManager'
  | 'resources'
  | 'identify'
  | 'peerstore'
  | 'relayV1'
  | 'pingMonitor'
  | 'lazyNegotiation'
  | 'agentVersion'
  | 'testProtocols';

/** What of routing can be written down. */
export type FileRouting = Omit<NodeRoutingOptions, 'validators' | 'routers' | 'discovery'>;

/** A configuration, as `docs/config.schema.json` has it. */
export interface DaemonConfig extends Pick<CreateNodeOptions, NodeKeys> {
  readonly routing?: FileRouting;
  readonly gater?: Pick<NonNullable<CreateNodeOptions['gater']>, 'allow' | 'deny'>;
  readonly rpc?: string;
  readonly log?: { readonly level?: LogLevel; readonly json?: boolean };
  readonly metrics?: string;
  /** The port of the inspector's page; true: a free one. */
  readonly inspect?: boolean | number;
}

/** The file that is read where it is there and none is named. */
export const CONFIG_FILE = 'swarmchart.json';

/** Reads `file`, or the repo's own if there is one. Rejects with `ERR_CONFIG_INVALID`. */
export async function readConfig(repo: string, file: string | undefined): Promise<DaemonConfig> {
  const path = file ?? join(repo, CONFIG_FILE);
  const text = await textOf(path);
  if (text !== undefined) return parseConfig(path, text);
  if (file === undefined) return {};
  throw invalid(path, 'there is no such file');
}

/** A configuration from its text; `path` is what errors name. Throws `ERR_CONFIG_INVALID`. */
export function parseConfig(path: string, text: string): DaemonConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(path, `it is not JSON: ${(cause as Error).message}`);
  }
  const problems = checkAgainst(CONFIG_SCHEMA, value);
  if (problems.length > 0) {
    throw invalid(path, problems.map(({ path: at, why }) => `${at === '' ? 'the whole' : at} ${why}`).join('; '));
  }
  return without(value as DaemonConfig, ['$schema']);
}

/** What a node is made with, of a configuration. */
export function nodeOptionsOf(config: DaemonConfig): Pick<CreateNodeOptions, NodeKeys | 'gater' | 'routing'> {
  return without(config, ['rpc', 'log', 'metrics', 'inspect']);
}

function without<Value extends object>(value: Value, names: readonly string[]): Value {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name))) as Value;
}

/** The text of a file of bounded size; `undefined` where there is none. */
async function textOf(path: string): Promise<string | undefined> {
  const { configFileBytes } = LIMITS;
  try {
    const handle = await open(path, 'r');
    try {
      const buffer = Buffer.alloc(configFileBytes + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      if (bytesRead > configFileBytes) throw invalid(path, `it has more than ${configFileBytes} bytes`);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (thrown instanceof EngineError) throw thrown;
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw invalid(path, (thrown as Error).message);
  }
}

function invalid(path: string, why: string): EngineError {
  return new EngineError('ERR_CONFIG_INVALID', 'local', `${path}: ${why}`);
}
