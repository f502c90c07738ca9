import { type Checkpoint, type CheckpointKind, parseCheckpoint } from '../checkpoint.js';

/** Kinds that hold the root of events. */
const sealingKinds: readonly string[] = ['sealed', 'closed', 'abandoned'] satisfies CheckpointKind[];

/** @returns whether a checkpoint seals events */
export const seals = ({ kind, first, last }: Checkpoint): boolean =>
  sealingKinds.includes(kind) && last >= first;

/** @returns the checkpoint that a stored value holds, `undefined` if it holds none */
export function readCheckpoint(text: unknown): Checkpoint | undefined {
  try {
    return typeof text === 'string' ? parseCheckpoint(text) : undefined;
  } catch {
    return undefined;
  }
}

/** @returns the object that a JSON text holds, `undefined` if it holds none */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
