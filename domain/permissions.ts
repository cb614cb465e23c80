/**
 * What a key may let its holder do. Names are the contract's: they are stored with keys and shown in the
 * OpenAPI document.
 */
export const PERMISSIONS = [
  'register',
  'renew',
  'read',
  'terminate',
  'return',
  'restore',
  'purge',
  'power',
  'protect',
  'unprotect',
  'refund:approve',
  'hold',
  'adjust',
  'usage',
  'keys',
  'operate',
  'audit',
  'sandbox',
] as const;

export type Permission = (typeof PERMISSIONS)[number];
