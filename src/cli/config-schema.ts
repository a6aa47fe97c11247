/** What a daemon's configuration file may hold, as JSON Schema: `docs/config.schema.json` is this, printed. */
import { closed, count, flag, NODE_FIELDS, text } from '../options/node-schema.js';
import { LOG_LEVELS } from '../telemetry/log.js';

/** The whole file. */
export const CONFIG_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Configuration of swarmchart daemon',
  ...closed({
    $schema: { type: 'string', description: 'Where this schema is, for editors; not read.' },
    ...NODE_FIELDS,
    rpc: { ...text, description: 'Where the local RPC listens, or off (docs/rpc.md).' },
    log: closed({ level: { type: 'string', enum: [...LOG_LEVELS] }, json: flag }, 'Log lines on standard error.'),
    metrics: { ...text, description: 'Where Prometheus metrics are served: a loopback multiaddr.' },
    inspect: {
      description: "The port of the inspector's page, on loopback; true: a free one (docs/inspector.md).",
      anyOf: [flag, count],
    },
  }),
} as const;
