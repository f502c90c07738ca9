/** An hour, milliseconds. */
export const hourMilliseconds = 60 * 60 * 1000;

/** More than these are not told apart: the memory of one agent stays bounded, about 2 MB. */
const patientsAtMost = 20_000;

/** A part of a string keeps the whole of it in memory, such as the URL that an id was cut out of: this is a copy of its own. */
const compact = (id: string): string => Buffer.from(id, 'latin1').toString('latin1');

/** The distinct patients that one agent has read of in the last hour, each with the time of the last read. Times in ms since the epoch. */
export class RecentPatients {
  /** In order of the last read, because whoever is read again goes to the end. */
  readonly #lastRead = new Map<string, number>();

  add(patientId: string, at: number): void {
    this.#lastRead.delete(patientId);
    if (this.#lastRead.size < patientsAtMost) this.#lastRead.set(compact(patientId), at);
  }

  /** Patients kept, with those of more than an hour ago that were not let go of yet: the memory that it takes. */
  get size(): number {
    return this.#lastRead.size;
  }

  /** Lets go of what is more than an hour before `now`. @returns how many patients are left */
  inLastHour(now: number): number {
    for (const [patientId, at] of this.#lastRead) {
      if (at > now - hourMilliseconds) break;
      this.#lastRead.delete(patientId);
    }
    return this.#lastRead.size;
  }

  /** @returns how many patients were last read at `from` or later */
  since(from: number): number {
    let count = 0;
    for (const at of this.#lastRead.values()) if (at >= from) count += 1;
    return count;
  }
}
