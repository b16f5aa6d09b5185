/** Makes a key that is unique to a list of values: their JSON. Stored records and public names depend on this exact text. */
export const tupleKey = (...parts: readonly unknown[]): string => JSON.stringify(parts);
