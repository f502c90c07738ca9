import { readFileSync } from 'node:fs';

export interface Instruction {
  name: string;
  /** What follows the name, with continued lines joined. */
  text: string;
}

export interface Stage {
  base: string;
  name: string | undefined;
  instructions: Instruction[];
}

/** @returns the stages of a Dockerfile in their order @see https://docs.docker.com/reference/dockerfile/ */
export function dockerfileStages(path: string): Stage[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, '');
  const stages: Stage[] = [];
  for (const line of lines.trim().split('\n')) {
    const [, name = '', text = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') {
      const [, base = '', as] = /^(\S+)(?: AS (\S+))?$/.exec(text) ?? [];
      stages.push({ base, name: as, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push({ name, text });
    }
  }
  return stages;
}

/** @returns the texts of a stage's instructions of one kind */
export const textsOf = (stage: Stage, name: string): string[] =>
  stage.instructions.flatMap((one) => (one.name === name ? [one.text] : []));

/**
 * What a .dockerignore lets through: the last pattern that a path or a folder above it matches decides.
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function dockerignore(path: string): (file: string) => boolean {
  const rules = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .map((line) => ({ lets: line.startsWith('!'), pattern: expressionOf(line.replace(/^!/, '')) }));
  return (file) => rules.reduce((lets, rule) => (rule.pattern.test(file) ? rule.lets : lets), true);
}

function expressionOf(pattern: string): RegExp {
  const text = pattern
    .replace(/[.+^${}()|[\]]/g, '\\$&')
    .replace(/\*\*\//g, '\0')
    .replace(/\*/g, '[^/]*')
    .replaceAll('\0', '(?:.*/)?');
  return new RegExp(`^${text}(?:/.*)?$`);
}
