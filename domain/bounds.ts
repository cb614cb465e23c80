import { msOf } from './instant';
/**
 * What Sunset holds itself to, whichever way something comes in: by registration, by the API's commands or by
 * a signal.
 */

/** Orders of one instance, closed and ended ones too: refunds go over all of them. */
export const MAX_ORDERS = 500;
/** Items of one quote, and rows of one page of a list. */
export const MAX_ITEMS = 500;
/** Orders of all instances of one quote together: it is kept with them, and confirmed in one transaction. */
export const MAX_QUOTED_ORDERS = 5_000;
/** The last year of any instant that is stated or worked out. */
export const LAST_YEAR = 2200;

/** Whether an instant (ISO-8601) is one that a registration may state. */
export const isWithinBounds = (instant: string): boolean => msOf(instant) < Date.UTC(LAST_YEAR + 1, 0, 1);
