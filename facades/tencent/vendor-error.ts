/** An answer of the vendor's that is an error: its code, and a sentence in both languages. */
import type { Text } from '../../domain/text';

export class VendorError extends Error {
  constructor(
    /** `AuthFailure.SignatureFailure`, … */
    readonly code: string,
    readonly text: Text,
    /** Our fault, or over in a moment: a repeat is to ask again, so it isn't stored. */
    readonly interim = false,
  ) {
    super(code);
  }
}
