/** What each state means, in a sentence: by machine id and dotted path. */
export const MEANINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {};
