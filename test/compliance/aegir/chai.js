// `aegir/chai`: chai with the plugins that the compliance suites speak, in the order in which aegir 47 adds them.
import chai from 'chai';
import asPromised from 'chai-as-promised';
import bites from 'chai-bites';
import parentheses from 'chai-parentheses';
import string from 'chai-string';
import subset from 'chai-subset';

for (const plugin of [asPromised, parentheses, subset, bites, string]) chai.use(plugin);

export const { expect, assert } = chai;
export { chai };
