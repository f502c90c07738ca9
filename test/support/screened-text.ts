export interface Finding {
  type: string;
  count: number;
  pointer: string;
}

/**
 * Puts what was stored at the places of the findings into a copy of what was sent, so that the two can be compared.
 * @param sent what the client sent, e.g. a FHIR resource
 * @param stored what the service answers
 * @param prefix of the pointers, e.g. `/content`
 * @returns the copy, and the findings whose place does not show a replacement of their type
 */
export function withScreenedText(
  sent: unknown,
  stored: unknown,
  findings: readonly Finding[],
  prefix: string,
): { expected: unknown; unexplained: Finding[] } {
  const expected = structuredClone(sent);
  const unexplained = findings.filter((finding) => {
    const steps = finding.pointer.slice(prefix.length + 1).split('/');
    const name = steps.pop() ?? '';
    const replaced = at(stored, [...steps, name]);
    const parent = at(expected, steps) as Record<string, unknown> | undefined;
    if (parent === undefined || typeof replaced !== 'string' || !replaced.includes(`{${finding.type}}`))
      return true;
    parent[name] = replaced;
    return false;
  });
  return { expected, unexplained };
}

const at = (value: unknown, steps: readonly string[]): unknown =>
  steps.reduce((node, step) => (node as Record<string, unknown> | undefined)?.[step], value);
