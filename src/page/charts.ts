/** The drawings of all machines, which the page carries along. */

/** Whether a machine is done in a state. Until its drawing says so, by what a trace shows: nothing is known. */
export function isFinalState(machine: string, state: string): boolean {
  void machine;
  return /^(?:closed|failed|done|secured|unexpected|timedOut|ended|refused|stopped|finished|cancelled)$/.test(state);
}
