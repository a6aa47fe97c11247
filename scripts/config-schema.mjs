// Prints the schema of the daemon's configuration into docs/config.schema.json; the test that compares the two asks for it.
import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { CONFIG_SCHEMA } from '../dist/cli/config-schema.js';

const file = new URL('../docs/config.schema.json', import.meta.url);
writeFileSync(file, await format(JSON.stringify(CONFIG_SCHEMA), { parser: 'json', printWidth: 120 }));
