import { v5 as uuidOfName } from 'uuid';
import type { Evidence, ParagraphEvidence } from './evidence.js';

/** Of every id below: the same thing has the same id each time. */
const OURS = 'a3f0c1de-6f0b-5d6b-9f0e-8a54b8c1f2d7';
/** Of the names of our properties: OSCAL knows none for what they say. */
const NAMESPACE = 'urn:healthcare-security-platform:evidence';
const SOURCE = 'https://www.ecfr.gov/current/title-45/part-164/subpart-C';

interface Property {
  name: string;
  ns: string;
  value: string;
  class?: string;
}

interface ImplementedRequirement {
  uuid: string;
  'control-id': string;
  description: string;
  props?: Property[];
  remarks?: string;
}

interface Component {
  uuid: string;
  type: string;
  title: string;
  description: string;
  'control-implementations': {
    uuid: string;
    source: string;
    description: string;
    'implemented-requirements': ImplementedRequirement[];
  }[];
}

export interface ComponentDefinition {
  'component-definition': {
    uuid: string;
    metadata: { title: string; 'last-modified': string; version: string; 'oscal-version': string };
    components: Component[];
  };
}

/**
 * What the page says, as an OSCAL component definition: the service and what it is deployed on.
 * @param lastModified RFC 3339 with a time zone
 * @see NIST OSCAL 1.1.2, "Component Definition Model"
 */
export function componentDefinition(
  { paragraphs }: Evidence,
  version: string,
  lastModified: string,
): ComponentDefinition {
  return {
    'component-definition': {
      uuid: uuidOfName('component-definition', OURS),
      metadata: {
        title: 'Healthcare Security Platform: safeguards of the HIPAA Security Rule',
        'last-modified': lastModified,
        version,
        'oscal-version': '1.1.2',
      },
      components: [
        component(
          'software',
          'Healthcare Security Platform',
          'The service that stores patient data, its command line, and the tests of both.',
          paragraphs,
          ({ code, tests }) => [
            ...code.map(({ path, at }) => property('implements', 'code', `${path}: ${at}`)),
            ...tests.map(({ path, at }) => property('proves', 'test', `${path}: ${at}`)),
          ],
        ),
        component(
          'service',
          'Deployment on AWS',
          'What the templates of prod make, and what watches it.',
          paragraphs,
          ({ resources, watchers, queries }) => [
            ...resources.map(({ rule, type, resources: held }) =>
              property('implements', 'resource', `${rule}: ${held.length} of ${type}`),
            ),
            ...watchers.map(({ kind, name }) => property('watches', kind.replaceAll(' ', '-'), name)),
            ...queries.map(({ path }) => property('watches', 'saved-query', path)),
          ],
        ),
      ],
    },
  };
}

const property = (name: string, className: string, value: string): Property => ({
  name,
  ns: NAMESPACE,
  class: className,
  value,
});

function component(
  type: string,
  title: string,
  description: string,
  paragraphs: readonly ParagraphEvidence[],
  propertiesOf: (one: ParagraphEvidence) => Property[],
): Component {
  return {
    uuid: uuidOfName(type, OURS),
    type,
    title,
    description,
    'control-implementations': [
      {
        uuid: uuidOfName(`${type} control-implementation`, OURS),
        source: SOURCE,
        description: 'Safeguards of 45 CFR part 164, subpart C, paragraph by paragraph.',
        'implemented-requirements': paragraphs.flatMap((one): ImplementedRequirement[] => {
          const props = propertiesOf(one);
          const { id, asks, yours } = one.paragraph;
          if (props.length === 0) return [];
          return [
            {
              uuid: uuidOfName(`${type} ${id}`, OURS),
              'control-id': controlId(id),
              description: asks,
              props,
              remarks: `Remains with whoever deploys: ${yours}`,
            },
          ];
        }),
      },
    ],
  };
}

/** A token of OSCAL begins with a letter and has no parentheses: `hipaa-164.312.a.2.iv`. */
export const controlId = (paragraph: string): string =>
  `hipaa-${paragraph.replaceAll('(', '.').replaceAll(')', '')}`;
