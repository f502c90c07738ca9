import type { Statement } from './synthesized.js';

export const account = '111122223333';
const pseudo: Record<string, string> = {
  'AWS::AccountId': account,
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
};

/** Who asks for what, with the condition keys that AWS fills in. */
export interface AccessRequest {
  principal: { role: string } | { service: string };
  action: string;
  keys?: Record<string, string>;
}

/** @returns the value as CloudFormation would deploy it; a reference to a resource becomes `<id>` */
export function deployed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deployed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (name === 'Ref') return pseudo[String(argument)] ?? `<${String(argument)}>`;
  if (name === 'Fn::GetAtt') return `<${(argument as string[])[0]}>`;
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map(deployed).join(separator);
  }
  return Object.fromEntries(entries.map(([key, one]) => [key, deployed(one)]));
}

/**
 * Whether a resource's policy admits the request: an explicit deny wins. Where it names the account, that is as far as a role's
 * own policy allows, which is taken for granted here.
 * @throws Error at anything of a policy that this does not understand
 */
export function admits(statements: readonly Statement[], request: AccessRequest): boolean {
  const matching = statements.filter(
    ({ principal, actions, conditions }) =>
      matchesPrincipal(deployed(principal), request.principal) &&
      actions.some((action) => like(action, request.action)) &&
      Object.entries(conditions).every(([operator, pairs]) =>
        Object.entries(pairs).every(([key, wanted]) =>
          holds(operator, keysOf(request)[key], [deployed(wanted)].flat().map(String)),
        ),
      ),
  );
  return (
    matching.some(({ effect }) => effect === 'Allow') && !matching.some(({ effect }) => effect === 'Deny')
  );
}

function keysOf({ principal, keys = {} }: AccessRequest): Record<string, string | undefined> {
  const arn = 'role' in principal ? `arn:aws:iam::${account}:role/${principal.role}` : undefined;
  return { ...(arn !== undefined && { 'aws:PrincipalArn': arn, 'kms:CallerAccount': account }), ...keys };
}

function matchesPrincipal(principal: unknown, asker: AccessRequest['principal']): boolean {
  if (principal === '*') return true;
  const { AWS, Service } = principal as { AWS?: string | string[]; Service?: string | string[] };
  const principals = [AWS ?? []].flat();
  if (principals.includes('*')) return true;
  if ('service' in asker) return [Service ?? []].flat().includes(asker.service);
  return principals.some((one) =>
    [`arn:aws:iam::${account}:root`, `arn:aws:iam::${account}:role/${asker.role}`].includes(one),
  );
}

function holds(operator: string, given: string | undefined, wanted: string[]): boolean {
  switch (operator) {
    case 'StringEquals':
    case 'ArnEquals':
    case 'Bool':
      return given !== undefined && wanted.includes(given);
    case 'StringLike':
    case 'ArnLike':
      return given !== undefined && wanted.some((pattern) => like(pattern, given));
    case 'NumericLessThan':
      return given !== undefined && wanted.some((limit) => Number(given) < Number(limit));
    case 'StringNotEquals':
    case 'ArnNotEquals':
      return given === undefined || !wanted.includes(given);
    case 'Null':
      return wanted.includes(String(given === undefined));
    default:
      throw new Error(`condition operator ${operator} is not known here`);
  }
}

function like(pattern: string, text: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`).test(text);
}
