import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFolder } from './repository.js';

/** A query for privacy officers and investigators, as its file says it. */
export interface SavedQuery {
  /** File name without `.sql`. */
  name: string;
  /** What it answers, one sentence or two. */
  question: string;
  /** Tables that it reads. */
  reads: readonly string[];
  /** Meaning of its `?`, in order. */
  parameters: readonly string[];
  /** Standard's clauses that ask for it. */
  law: string;
  note: string;
  sql: string;
}

/** Where the queries are, one a file. */
const folder = join(repositoryFolder, 'infra', 'queries');

/** @returns all saved queries by name. @throws Error that names the file whose header is not complete */
export function savedQueries(): SavedQuery[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
    .map((file) => readSavedQuery(file.replace(/\.sql$/, ''), readFileSync(join(folder, file), 'utf8')));
}

/** Reads the header: the question, then `Reads`, `Parameters`, `Law` and `Note`, each of which may go on in the next line. */
export function readSavedQuery(name: string, sql: string): SavedQuery {
  const header: string[] = [];
  for (const line of sql.split('\n')) {
    if (!line.startsWith('-- ')) break;
    header.push(line.slice(3));
  }
  const parts = header.join(' ').split(/ ?\b(Reads|Parameters|Law|Note): /);
  const [question = ''] = parts;
  const part = (title: string): string => {
    const place = parts.indexOf(title);
    const text = place < 0 ? '' : (parts[place + 1] ?? '');
    if (text === '') throw new Error(`infra/queries/${name}.sql: its header has no "${title}:"`);
    return text;
  };
  if (question === '')
    throw new Error(`infra/queries/${name}.sql: its header does not begin with a question`);
  return {
    name,
    question,
    reads: part('Reads').split(', '),
    parameters: part('Parameters').split('; '),
    law: part('Law'),
    note: part('Note'),
    sql,
  };
}
