import type { OperationName } from './http/operations.js';

/** What a table of figures looks like, on the terminal and in the documentation. */
export interface FigureTable {
  title: string;
  columns: readonly Column[];
  rows: readonly (readonly string[])[];
}

export interface Column {
  name: string;
  align: 'left' | 'right';
}

/** What a suite measured: tables for people, figures for programs, remarks on how to read both. */
export interface SuiteResult {
  tables: readonly FigureTable[];
  /** Plain JSON. */
  figures: unknown;
  notes: readonly string[];
  /** What went wrong while measuring; figures of a run with failures mean nothing. */
  failures: readonly string[];
}

export interface SuiteContext {
  /** Seconds instead of minutes: proves that the suite runs, measures nothing. */
  smoke: boolean;
  /** Operations that suites over HTTP measure. */
  routes: readonly OperationName[];
  /** Connections of the suite `http`; its own if empty. */
  connections: readonly number[];
  /** How long the suite `soak` goes on. */
  minutes: number;
  /** How many patients the suite `growth` stores. */
  patients: number;
  /** How many records the suite `export` reads. */
  records: number;
  /** Folder of the build that is measured: `dist`, or that of another commit. */
  build: string;
  /** Fresh folder for everything that the suite writes; removed by the caller. */
  folder: string;
  progress: (text: string) => void;
}

/** A part of the benchmark. Every figure stands beside a baseline that was measured in the same run. */
export interface Suite {
  name: string;
  title: string;
  /** It takes so long that a run without names leaves it out. */
  onlyByName?: true;
  run(context: SuiteContext): Promise<SuiteResult>;
}
