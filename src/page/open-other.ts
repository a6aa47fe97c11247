/** A further trace, from a file of whoever looks. */
import { parseTrace } from '../trace/reader.js';
import type { PageModel } from './model.js';

/** Adds a trace to compare the shown one with; a notice says what is wrong with one that cannot be read. */
export function openOther(model: PageModel, title: string, text: string): void {
  try {
    const { header, records, truncated } = parseTrace(text);
    const id = `other:${title}`;
    model.take({ type: 'trace', trace: { id, title, header } });
    model.take({ type: 'records', of: id, records });
    model.take({ type: 'end', of: id, truncated });
    model.compared.value = id;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    model.take({ type: 'notice', code: 'damaged', text: `${title}: ${why}` });
  }
}
