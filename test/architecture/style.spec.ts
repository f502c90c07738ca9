import { describe, expect, it } from '@jest/globals';
import {
  isProduction,
  isSpec,
  isTypeScript,
  linesWith,
  repositoryFiles,
  type SourceFile,
} from '../support/source-files.js';

/** A thing that is not written here, and what is written instead. */
interface Ban {
  what: string;
  instead: string;
  pattern: RegExp;
  applies(file: SourceFile): boolean;
  /** A line that the pattern must find, and one that it must let pass. */
  found: string;
  passes: string;
  /** Files that may do it all the same, with the reason. */
  except?: Record<string, string>;
}

const isConfiguration = ({ path }: SourceFile) => path.endsWith('.config.ts');

const bans: Ban[] = [
  {
    what: 'process.env',
    instead: 'take it from the configuration: only *.config.ts reads the environment, and validates it',
    pattern: /\bprocess\.env\b|\benv\b.*from 'node:process'/,
    applies: (file) => isProduction(file) && !isConfiguration(file),
    found: "const port = process.env['PHI_PORT'];",
    passes: 'const port = config.PHI_PORT;',
  },
  {
    what: 'Math.random',
    instead: 'use randomUUID, randomBytes or randomInt of node:crypto',
    pattern: /\bMath\.random\b/,
    applies: isTypeScript,
    found: 'const id = Math.random();',
    passes: 'const id = Math.round(x);',
  },
  {
    what: 'ids made of the time',
    instead: 'use randomUUID of node:crypto: a time can be guessed and comes twice',
    pattern:
      /Date\.now\(\)\.toString\(|\$\{Date\.now\(\)\}|\+\s*Date\.now\(\)\s*\+\s*['"`]|String\(Date\.now\(\)\)/,
    applies: isTypeScript,
    found: 'const id = `patient-${Date.now()}`;',
    passes: 'const now = Date.now() / 1000;',
  },
  {
    what: 'console',
    instead: 'use the Log of @app/observability, which holds no PHI; a command line writes to its context',
    // The console of AWS has an address that begins so.
    pattern: /\bconsole\.(?!aws\b)\w+|from 'node:console'/,
    applies: isTypeScript,
    found: "console.log('x');",
    passes: "log.info('x');",
  },
  {
    what: 'any',
    instead: 'use unknown and look at the value, or name the type',
    pattern: /\bas any\b|:\s*any\b|<any\b|\bany\[\]|,\s*any>/,
    applies: isTypeScript,
    found: 'const body = answer as any;',
    passes: 'const body = expect.any(String);',
  },
  {
    what: 'silenced checks',
    instead: 'mend what the compiler or the linter found',
    // Comments are blanked out before this is looked for, so it looks at the text itself.
    pattern: /@ts-(ignore|expect-error|nocheck)|(eslint|oxlint)-disable/,
    applies: isTypeScript,
    found: '// @ts-ignore',
    passes: '// ignore case',
  },
  {
    what: 'mocked modules',
    instead: 'use the real library; a fake stands at a port alone, and is held to its contract suite',
    pattern: /\bjest\s*\.\s*(mock|unstable_mockModule|doMock|setMock|createMockFromModule|requireMock)\b/,
    applies: isTypeScript,
    found: "jest.unstable_mockModule('lmdb', () => ({}));",
    passes: 'const told = jest.fn();',
  },
  {
    what: 'sleeping in specs',
    instead: 'wait for what happens: an answer, a log line, the end of a process',
    pattern: /\bsetTimeout\s*\(|from 'node:timers\/promises'|\bAtomics\.wait\b/,
    applies: isSpec,
    found: 'await new Promise((resolve) => setTimeout(resolve, 100));',
    passes: "await service.line(({ message }) => message === 'ready');",
    except: {
      'libs/phi-table/src/lmdb-group-commit.spec.ts':
        'another process holds a lock for ever; the commit timeout is tested',
    },
  },
  {
    what: 'tests left out',
    instead: 'mend the test or remove it; say a missing tool by it.todo and let CI fail',
    pattern:
      /\b(describe|it|test)(\.each\([^)]*\))?\.(only|skip)\b|\b(fit|fdescribe|xit|xdescribe|xtest)\s*\(/,
    applies: isTypeScript,
    found: "describe.only('x', () => {});",
    passes: "exit('x');",
  },
  {
    what: 'export *',
    instead: 'export by name, so that the index of a lib says what it offers',
    pattern: /^\s*export \*/,
    applies: isTypeScript,
    found: "export * from './patient.js';",
    passes: "export { Patients } from './patients.js';",
  },
];

const files = repositoryFiles().filter(({ path }) => !path.startsWith('test/architecture/'));

/** Of `silenced checks` the comments are what counts. */
const offences = ({ what, pattern }: Ban, file: SourceFile) =>
  what === 'silenced checks'
    ? file.text.split('\n').flatMap((line, n) => (pattern.test(line) ? [`${file.path}:${n + 1}`] : []))
    : linesWith(pattern, file);

describe('style', () => {
  it.each(bans)('no $what: $instead', (ban) => {
    const applicable = files.filter((file) => ban.applies(file) && ban.except?.[file.path] === undefined);
    expect(applicable.length).toBeGreaterThan(10);
    expect({ [ban.instead]: applicable.flatMap((file) => offences(ban, file)) }).toEqual({
      [ban.instead]: [],
    });
  });

  it.each(bans)('the test for $what finds it, and nothing else', (ban) => {
    expect(offences(ban, { path: 'x.ts', text: ban.found })).toEqual(['x.ts:1']);
    expect(offences(ban, { path: 'x.ts', text: ban.passes })).toEqual([]);
  });

  it('reads the environment in the configuration', () => {
    const readers = files.filter((file) => isConfiguration(file) && /process\.env/.test(file.text));
    expect(readers.map(({ path }) => path)).toContain('apps/phi-cli/src/phi-cli.config.ts');
  });

  it('does not take a comment for code, nor code for a comment', () => {
    const text =
      "/* console.log */ const url = 'http://x'; // console.log\nconsole.log(1);\n/*\nconsole.log\n*/";
    expect(linesWith(/console\.log/, { path: 'x.ts', text })).toEqual(['x.ts:2']);
    expect(linesWith(/http/, { path: 'x.ts', text })).toEqual(['x.ts:1']);
  });
});
