/** What the cost model asks of Temporal for a life: registered, ended into the bin, purged, closed. */
export const MINIMUM = { events: 7 + 13 + 12, transitions: 3 + 4 + 4 };
