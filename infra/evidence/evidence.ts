import type { Citation } from './citations.js';
import type { Deployment, HeldRule } from './deployment.js';
import type { Watcher } from './watchers.js';
import type { Paragraph, SecurityRule } from './paragraphs.js';

/** What was found for a paragraph. */
export interface ParagraphEvidence {
  paragraph: Paragraph;
  code: Citation[];
  resources: HeldRule[];
  watchers: Watcher[];
  /** Saved queries: who asks them reviews what happened. */
  queries: Citation[];
  tests: Citation[];
}

export interface Evidence {
  paragraphs: ParagraphEvidence[];
  /** What a reviewer has to mend: a sentence each. */
  faults: string[];
}

/** Puts what was found beside the paragraphs that it was found for. */
export function evidenceOf(
  rule: SecurityRule,
  citations: readonly Citation[],
  { held, watchers }: Deployment,
): Evidence {
  const of = <Found extends { paragraph: string }>(found: readonly Found[], { id }: Paragraph): Found[] =>
    found.filter((one) => rule.countedAs(one.paragraph)?.id === id);
  const paragraphs = rule.paragraphs.map((paragraph) => {
    const cited = of(citations, paragraph);
    const ofKind = (kind: Citation['kind']) => cited.filter((one) => one.kind === kind);
    return {
      paragraph,
      code: ofKind('code'),
      resources: of(held, paragraph),
      watchers: of(watchers, paragraph),
      queries: ofKind('query'),
      tests: ofKind('test'),
    };
  });
  return {
    paragraphs,
    faults: [
      ...citations
        .filter((one) => !rule.exists(one.paragraph))
        .map(({ path, at, paragraph }) => `${path} (${at}) cites ${paragraph}, which there is not`),
      ...[...held, ...watchers]
        .filter((one) => !rule.exists(one.paragraph))
        .map((one) => `${'rule' in one ? one.rule : one.name} names ${one.paragraph}, which there is not`),
      ...paragraphs
        .filter((one) => !one.paragraph.isWhollyYours && isEmpty(one))
        .map(
          ({ paragraph }) =>
            `${paragraph.id} (${paragraph.title}): nothing implements, watches or proves it, and it is not said to be wholly yours`,
        ),
    ],
  };
}

const isEmpty = ({ code, resources, watchers, queries, tests }: ParagraphEvidence): boolean =>
  [code, resources, watchers, queries, tests].every((list) => list.length === 0);

export const isImplemented = ({ code, resources }: ParagraphEvidence): boolean =>
  code.length + resources.length > 0;
export const isWatched = ({ watchers, queries }: ParagraphEvidence): boolean =>
  watchers.length + queries.length > 0;
export const isProved = ({ tests }: ParagraphEvidence): boolean => tests.length > 0;
