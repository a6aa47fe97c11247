/** What the tables of meanings are made of. */

/** The meaning of each state of a machine, by its path with dots (`upgrading.connecting`); one sentence each. */
export type StateMeanings = Readonly<Record<string, string>>;

/** The meanings of several machines, by the machine's id. */
export type MachineMeanings = Readonly<Record<string, StateMeanings>>;
