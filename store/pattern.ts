/** A pattern of `LIKE` for whatever has this part. */
export const asPattern = (part: string): string => `%${part.replaceAll(/[\\%_]/g, '\\$&')}%`;
