import { ROLE_NAME } from './conditions.js';
import { ofSection, type Threat, type Watched, words } from './threat.js';

/** Tasks, images and functions. */
export const computeThreats = ({ names, roles }: Watched): Threat[] =>
  ofSection('compute', [
    {
      id: 'shell-in-task',
      title: 'Somebody opened a shell in a task',
      severity: 'CRITICAL',
      paragraph: '164.312(a)(1)',
      event: { services: ['ecs'], operations: ['ExecuteCommand'] },
      resource: 'requestParameters.task',
      second: { filter: 'tasks' },
      first:
        'Stop the task (ecs stop-task): another one comes up; tasks decrypt whatever they are asked for.',
    },
    {
      id: 'service-replaced',
      title: 'What the service runs was changed outside a deployment',
      severity: 'CRITICAL',
      paragraph: '164.308(a)(8)',
      event: {
        services: ['ecs'],
        operations: words('RegisterTaskDefinition UpdateService'),
        where: [{ path: ROLE_NAME, unlike: roles.deployers }],
      },
      resource: 'requestParameters.service',
      second: { filter: 'tasks' },
      first: 'Go back to the task definition of the last deployment (ecs update-service).',
    },
    {
      id: 'image-replaced',
      title: 'An image, or who may push and replace images, was changed outside a pipeline',
      severity: 'CRITICAL',
      paragraph: '164.312(c)(1)',
      event: {
        services: ['ecr'],
        operations: words('PutImage SetRepositoryPolicy PutImageTagMutability'),
        where: [{ path: ROLE_NAME, unlike: [...roles.pipelines, ...roles.deployers] }],
      },
      resource: 'requestParameters.repositoryName',
      second: { filter: 'images' },
      first: 'Compare the digest with the one that was built and signed; stop tasks that run another.',
    },
    {
      id: 'function-replaced',
      title: 'The code of a function of ours was replaced outside a deployment',
      severity: 'CRITICAL',
      paragraph: '164.312(c)(1)',
      event: {
        services: ['lambda'],
        operations: ['UpdateFunctionCode*'],
        where: [
          {
            path: 'requestParameters.functionName',
            like: [`${names.prefix}-*`, `*:function:${names.prefix}-*`],
          },
          { path: ROLE_NAME, unlike: roles.deployers },
        ],
      },
      resource: 'requestParameters.functionName',
      second: { filter: 'tasks' },
      first: 'Deploy its stack again: repairs and alerts run in such functions.',
    },
  ]);

/** Gateway, firewall, network: CIS 4.10 to 4.14 list the network's. */
export const NETWORK_CHANGES = {
  'cis-4.10': words(
    'AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup',
  ),
  'cis-4.11': words(
    'CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry ReplaceNetworkAclAssociation',
  ),
  'cis-4.12': words(
    'CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway DeleteInternetGateway DetachInternetGateway',
  ),
  'cis-4.13': words(
    'CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute DisassociateRouteTable',
  ),
  'cis-4.14': words(
    'CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc DisableVpcClassicLink EnableVpcClassicLink',
  ),
} as const;

const networkTitles: Record<keyof typeof NETWORK_CHANGES, readonly [id: string, title: string]> = {
  'cis-4.10': ['security-group-changed', 'A security group was changed'],
  'cis-4.11': ['network-acl-changed', 'A list of what a subnet lets through was changed'],
  'cis-4.12': ['gateway-changed', 'A gateway of a network was made or changed: a way out, or in'],
  'cis-4.13': ['route-changed', 'A route of a network was changed'],
  'cis-4.14': ['network-changed', 'A network was made or changed, or joined with another'],
};

export const edgeThreats = (_: Watched): Threat[] =>
  ofSection('edge', [
    {
      id: 'firewall-removed',
      title: 'The firewall was taken off, or its log switched off',
      severity: 'CRITICAL',
      paragraph: '164.312(e)(1)',
      event: {
        services: ['wafv2'],
        operations: words(
          'DisassociateWebACL DeleteWebACL DeleteLoggingConfiguration PutLoggingConfiguration',
        ),
      },
      resource: 'requestParameters.resourceArn',
      byDeployments: true,
      second: { filter: 'edge' },
      first: 'Associate the web ACL again (wafv2 associate-web-acl), deploy the api stack.',
    },
    {
      id: 'gateway-api-changed',
      title: 'The gateway of the API was changed: stage, policy or its way to the service',
      severity: 'CRITICAL',
      paragraph: '164.312(e)(1)',
      event: {
        services: ['apigateway'],
        operations: words('DeleteVpcLink UpdateStage UpdateRestApi UpdateRestApiPolicy'),
      },
      resource: 'requestParameters.restApiId',
      byDeployments: true,
      second: { filter: 'edge' },
      first: 'See that the stage logs and has its firewall; deploy the api stack.',
    },
    {
      id: 'endpoint-changed',
      title: 'A private way to AWS was changed or removed, or flow logs were removed',
      severity: 'CRITICAL',
      paragraph: '164.312(e)(1)',
      event: {
        services: ['ec2'],
        operations: words('ModifyVpcEndpoint DeleteVpcEndpoints DeleteFlowLogs'),
      },
      resource: 'requestParameters.vpcEndpointId',
      byDeployments: true,
      second: { filter: 'edge' },
      first:
        'Compare the policy of the endpoint with the api stack: it says which tables and keys can be reached.',
    },
    ...Object.entries(NETWORK_CHANGES).map(([alarm, operations]) => {
      const [id, title] = networkTitles[alarm as keyof typeof NETWORK_CHANGES];
      return {
        id,
        title,
        severity: 'CRITICAL' as const,
        paragraph: '164.312(e)(1)',
        event: { services: ['ec2'], operations },
        byDeployments: true as const,
        second: { alarm },
        first: 'Compare the network with the api stack: it has no way to the internet by design.',
      };
    }),
  ]);
