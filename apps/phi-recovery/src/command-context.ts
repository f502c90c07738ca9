/** How a command ended. */
export const exitCodes = { done: 0, foundSomethingWrong: 1, couldNotRun: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The outputs of a run. */
export interface CommandContext {
  /** The result, and nothing else. */
  readonly stdout: NodeJS.WritableStream;
  /** Warnings, progress, problems: no PHI. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Wrong usage, or a file that is not there or must not be overwritten. The message is printed. */
export class CouldNotRun extends Error {
  override readonly name = 'CouldNotRun';
}
