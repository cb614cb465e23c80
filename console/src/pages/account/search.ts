/** Which dialog of the account's page is open stands in the address. */
const DIALOGS = ['adjust', 'standing'] as const;

export function readAccountDialog(search: Record<string, unknown>): { do?: (typeof DIALOGS)[number] } {
  const name = DIALOGS.find((one) => one === search.do);
  return name === undefined ? {} : { do: name };
}
