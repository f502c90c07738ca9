/** Types of what the specs use. */
export const unusedPackages: Record<string, string>;
export function isUnused(name: string): boolean;

/** @returns names of the packages that are loaded from their folder: the unbundled ones, and what they depend on */
export function loadedPackages(modules: string): Set<string>;

/** @returns bytes that were removed below a folder `node_modules` */
export function pruneModules(modules: string): number;
