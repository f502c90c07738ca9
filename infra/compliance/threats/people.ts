import { ROLE_NAME } from './conditions.js';
import { ofSection, type Threat, type Watched, words } from './threat.js';

/** CIS AWS Foundations Benchmark 4.0, 4.4: what changes a policy. */
export const POLICY_CHANGES = words(
  'DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy SetDefaultPolicyVersion',
);

const signIn = ['AWS Console Sign In via CloudTrail'];

/** Who may what, and who signs in. Events of IAM and of the root user come from us-east-1. */
export const identityThreats = ({ names, roles }: Watched): Threat[] =>
  ofSection('identity', [
    {
      id: 'root-used',
      title: 'The root user of the account was used',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(2)(i)',
      event: {
        services: [],
        operations: [],
        where: [
          { path: 'userIdentity.type', is: ['Root'] },
          // What services do on its behalf.
          { path: 'userIdentity.invokedBy', exists: false },
        ],
        detailTypes: [
          'AWS API Call via CloudTrail',
          'AWS Console Sign In via CloudTrail',
          'AWS Console Action via CloudTrail',
        ],
      },
      reads: true,
      second: { alarm: 'cis-4.3' },
      first:
        'Call whoever holds its second factor. If nobody knows of it, change the password and remove its access keys.',
    },
    {
      id: 'console-without-mfa',
      title: 'Somebody signed in to the console without a second factor',
      severity: 'CRITICAL',
      paragraph: '164.312(d)',
      event: {
        services: ['signin'],
        operations: ['ConsoleLogin'],
        where: [
          { path: 'additionalEventData.MFAUsed', unlike: ['Yes'] },
          { path: 'userIdentity.type', is: ['IAMUser', 'Root'] },
          { path: 'responseElements.ConsoleLogin', is: ['Success'] },
        ],
        detailTypes: signIn,
      },
      second: { alarm: 'cis-4.2' },
      first: 'End the session, have the person register a second factor.',
    },
    {
      id: 'policy-changed',
      title: 'What somebody may do was changed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(4)(ii)(C)',
      event: { services: ['iam'], operations: POLICY_CHANGES },
      resource: 'requestParameters.policyArn',
      byDeployments: true,
      second: { alarm: 'cis-4.4' },
      first:
        'Compare with the change request; detach what none explains (saved query key-and-policy-changes).',
    },
    {
      id: 'identity-changed',
      title: 'A user, a role, a boundary or a way to sign in was made or changed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(4)(ii)(B)',
      event: {
        services: ['iam'],
        operations: words(
          'UpdateAssumeRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary PutUserPermissionsBoundary CreateAccessKey CreateLoginProfile UpdateLoginProfile DeactivateMFADevice CreateUser CreateRole',
        ),
      },
      resource: 'requestParameters.userName',
      byDeployments: true,
      second: { filter: 'identities' },
      first: 'Disable the key or the user; a new second factor is registered in person.',
    },
    {
      id: 'role-passed',
      title: 'A task or a function was given a role of the service outside a deployment',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(4)(ii)(B)',
      event: {
        services: ['ecs', 'lambda'],
        operations: words('RegisterTaskDefinition RunTask CreateFunction* UpdateFunctionConfiguration*'),
        where: [
          {
            either: [
              { path: 'requestParameters.taskRoleArn', like: [`*:role/${names.prefix}-*`] },
              { path: 'requestParameters.overrides.taskRoleArn', like: [`*:role/${names.prefix}-*`] },
              { path: 'requestParameters.role', like: [`*:role/${names.prefix}-*`] },
            ],
          },
          { path: ROLE_NAME, unlike: roles.deployers },
        ],
      },
      second: { filter: 'passed-roles' },
      first: 'Stop the task or remove the function: it acts with the rights of the service.',
    },
    {
      id: 'break-glass',
      title: 'Somebody took an emergency role, or one of an operator',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(2)(ii)',
      event: {
        services: ['sts'],
        operations: words('AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity'),
        where: [
          {
            path: 'requestParameters.roleArn',
            like: [names.roles.operator, names.roles.auditExpiry, ...roles.breakGlass].map(
              (role) => `*:role/${role}`,
            ),
          },
        ],
      },
      // To STS, taking a role is a read.
      reads: true,
      resource: 'requestParameters.roleArn',
      second: { filter: 'emergency-roles' },
      first: 'Find the change request or the emergency. Without one, revoke the sessions of the role.',
    },
  ]);

/** CIS AWS Foundations Benchmark 4.0, 4.15. */
export const ORGANIZATION_CHANGES = words(
  'AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake DeleteOrganization DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType EnablePolicyType InviteAccountToOrganization LeaveOrganization MoveAccount RemoveAccountFromOrganization UpdatePolicy UpdateOrganizationalUnit',
);

/** The organization: its policies are the last bar. Its events come from us-east-1, of the management account. */
export const organizationThreats = (_: Watched): Threat[] =>
  ofSection('organizations', [
    {
      id: 'organization-changed',
      title: 'The organization, its accounts or its policies were changed',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(4)(ii)(A)',
      event: { services: ['organizations'], operations: ORGANIZATION_CHANGES },
      resource: 'requestParameters.policyId',
      second: { alarm: 'cis-4.15' },
      first: 'Compare with the change request; attach the policy again that was taken away.',
    },
  ]);
