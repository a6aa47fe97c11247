// The thread in which inputs run: see thread.ts.
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
await import('./work.ts');
