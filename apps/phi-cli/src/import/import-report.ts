import type { ScreeningFinding } from '../service/service-answer.js';
import type { EntryPlace } from './bundle-plan.js';

/** What became of the patients, or of the records. */
export interface Counts {
  created: number;
  alreadyThere: number;
  /** The service said no to this one: its content, its size, its identifiers. */
  refused: number;
  /** It could not be sent, or the service failed on it. */
  failed: number;
  /** Records of a patient who could not be created. */
  skipped: number;
}

/** Something that was not imported. Nothing in it comes from a file's contents. */
export interface ImportProblem {
  /** As the user typed it. */
  readonly file: string;
  readonly entry?: number;
  readonly resourceType?: string;
  readonly outcome: 'refused' | 'failed';
  readonly message: string;
}

interface AnonymizedPlace extends ScreeningFinding {
  readonly file: string;
  readonly entry: number;
  readonly resourceType?: string;
}

/** The result as `--json` prints it. */
export interface ImportSummary {
  readonly outcome: 'done' | 'found-problems' | 'stopped';
  /** Why the run ended early, with outcome `stopped`. */
  readonly error?: string;
  readonly dryRun: boolean;
  readonly files: { readonly read: number; readonly failed: number };
  readonly patients: Readonly<Counts>;
  readonly records: Readonly<Counts>;
  /** Entries that had nothing to import: copies within a bundle, outcomes of a search. */
  readonly ignored: number;
  readonly warnings: number;
  /** With `dryRun`: what would be sent, records by resource type. */
  readonly planned?: { readonly patients: number; readonly records: Readonly<Record<string, number>> };
  /** Identifiers that screening replaced in texts before they were stored, by type; where, for the first of them. */
  readonly anonymized: {
    readonly findings: Readonly<Record<string, number>>;
    readonly places: readonly AnonymizedPlace[];
  };
  readonly problems: readonly ImportProblem[];
  /** Problems beyond the ones listed; each was a line on standard error. */
  readonly problemsNotListed: number;
  readonly seconds: number;
  readonly resourcesPerSecond: number;
}

/** Longest lists of the JSON result: memory must not grow with the number of files. */
const maxListed = 1000;

const noCounts = (): Counts => ({ created: 0, alreadyThere: 0, refused: 0, failed: 0, skipped: 0 });

/** Counts what an import does, and tells of each thing that went wrong as it happens. */
export class ImportReport {
  readonly patients = noCounts();
  readonly records = noCounts();
  readonly #files = { read: 0, failed: 0 };
  readonly #problems: ImportProblem[] = [];
  readonly #findings: Record<string, number> = {};
  readonly #places: AnonymizedPlace[] = [];
  readonly #plannedRecords: Record<string, number> = {};
  #plannedPatients = 0;
  #problemCount = 0;
  #warnings = 0;
  #ignored = 0;

  /** @param tell prints one line for people */
  constructor(
    private readonly dryRun: boolean,
    private readonly tell: (line: string) => void,
  ) {}

  fileRead(ignored: number): void {
    this.#files.read += 1;
    this.#ignored += ignored;
  }

  fileFailed(file: string, message: string): void {
    this.#files.failed += 1;
    this.problem({ file, outcome: 'failed', message });
  }

  problem(problem: ImportProblem): void {
    this.#problemCount += 1;
    if (this.#problems.length < maxListed) this.#problems.push(problem);
    this.tell(`${placeText(problem.file, problem)}: ${problem.message}`);
  }

  warning(file: string, place: EntryPlace, message: string): void {
    this.#warnings += 1;
    this.tell(`${placeText(file, place)}: warning: ${message}`);
  }

  anonymized(file: string, place: EntryPlace, findings: readonly ScreeningFinding[]): void {
    const { entry, resourceType } = place;
    for (const { type, count, pointer } of findings) {
      this.#findings[type] = (this.#findings[type] ?? 0) + count;
      if (this.#places.length < maxListed)
        this.#places.push({ file, entry, resourceType, type, count, pointer });
    }
  }

  planned(resourceType?: string): void {
    if (resourceType === undefined) this.#plannedPatients += 1;
    else this.#plannedRecords[resourceType] = (this.#plannedRecords[resourceType] ?? 0) + 1;
  }

  /** @param stoppedBy why the run ended early */
  summary(elapsedMs: number, stoppedBy: Error | undefined): ImportSummary {
    const { created, alreadyThere, refused } = this.records;
    const planned = Object.values(this.#plannedRecords).reduce((sum, count) => sum + count, 0);
    const handled = this.dryRun ? planned : created + alreadyThere + refused;
    const seconds = Math.max(elapsedMs, 1) / 1000;
    const outcome =
      stoppedBy === undefined ? (this.#problemCount === 0 ? 'done' : 'found-problems') : 'stopped';
    return {
      outcome,
      ...(stoppedBy === undefined ? {} : { error: stoppedBy.message }),
      dryRun: this.dryRun,
      files: this.#files,
      patients: this.patients,
      records: this.records,
      ignored: this.#ignored,
      warnings: this.#warnings,
      ...(this.dryRun ? { planned: { patients: this.#plannedPatients, records: this.#plannedRecords } } : {}),
      anonymized: { findings: this.#findings, places: this.#places },
      problems: this.#problems,
      problemsNotListed: this.#problemCount - this.#problems.length,
      seconds: Math.round(seconds * 1000) / 1000,
      resourcesPerSecond: Math.round(handled / seconds),
    };
  }
}

/** `FILE entry[12] (Observation)`; control characters of a path must not reach a terminal. */
function placeText(file: string, { entry, resourceType }: Partial<EntryPlace>): string {
  const path = file.replace(/\p{Cc}/gu, '?');
  if (entry === undefined) return path;
  return `${path} entry[${entry}]${resourceType === undefined ? '' : ` (${resourceType})`}`;
}
