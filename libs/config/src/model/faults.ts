/** Returns the fault that only one of two settings may be set. */
export const excludes = (name: string, other: string): string => `${name}: ${other} is set, too; set only one of them`;
