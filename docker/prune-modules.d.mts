/** Types of what the specs use. */
export const unusedPackages: Record<string, string>;
export function isUnused(name: string): boolean;
