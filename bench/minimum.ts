/**
 * What the cost model asks of Temporal and PostgreSQL for a life: registered, ended into the bin, purged, closed. A commit is that of a step: what
 * comes of it is in one transaction (decision 6).
 */
export const MINIMUM = { events: 7 + 13 + 12, tasks: 1 + 2 + 2, transitions: 3 + 4 + 4, commits: 3 };
