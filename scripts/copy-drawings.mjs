// Puts the drawings of the machines beside what tsc has made: who shows them reads them from there.
import { copyFileSync, mkdirSync } from 'node:fs';

const file = (path) => new URL(`../${path}`, import.meta.url);
mkdirSync(file('dist/diagram'), { recursive: true });
copyFileSync(file('src/diagram/drawings.json'), file('dist/diagram/drawings.json'));
