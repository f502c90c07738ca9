import { Duration } from 'aws-cdk-lib';
import { type IVpc, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationListener,
  ApplicationListenerRule,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  type CfnListenerRule,
  DesyncMitigationMode,
  ListenerAction,
  ListenerCertificate,
  ListenerCondition,
  SslPolicy,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Settings } from '../settings.js';

export interface InternalLoadBalancerProps {
  vpc: IVpc;
  settings: Settings;
  accessLogs: IBucket;
}

export const SERVICE_PORT = 3000;

/** The same answer as the service's own for a route that there is not. */
const NOT_FOUND = JSON.stringify({
  type: '/problems/not-found',
  title: 'There is nothing here for this caller',
  status: 404,
});

/**
 * Inside the network (45 CFR 164.312(e)(1), 164.312(e)(2)(ii)), between the gateway's VPC link and the tasks. It takes the gateway's requests under the certificate of the
 * deployment's domain and sends them on over HTTPS to the tasks. Without a domain, which only dev can be, there is no
 * certificate that the gateway would take: then the way from the link to the load balancer, inside the network, is plain.
 */
export class InternalLoadBalancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly targetGroup: ApplicationTargetGroup;
  /** Where the gateway sends requests. */
  readonly origin: string;
  /** Of the VPC link: nobody else may call. */
  readonly callerGroup: SecurityGroup;
  /** Of the tasks. */
  readonly taskGroup: SecurityGroup;

  constructor(scope: Construct, id: string, props: InternalLoadBalancerProps) {
    super(scope, id);
    const { vpc, settings } = props;
    const { domainName, certificateArn } = settings;
    const port = certificateArn === undefined ? 80 : 443;
    const group = (name: string, description: string) =>
      new SecurityGroup(this, name, { vpc, description, allowAllOutbound: false });
    const own = group('Group', 'Load balancer: from the VPC link, to the tasks');
    this.callerGroup = group('CallerGroup', 'VPC link of the API: to the load balancer');
    this.taskGroup = group('TaskGroup', 'Tasks: from the load balancer, to AWS by endpoints');
    this.callerGroup.connections.allowTo(own, Port.tcp(port), 'The API to the load balancer');
    own.connections.allowTo(this.taskGroup, Port.tcp(SERVICE_PORT), 'The load balancer to tasks');

    this.loadBalancer = new ApplicationLoadBalancer(this, 'Balancer', {
      vpc,
      vpcSubnets: { subnets: vpc.isolatedSubnets },
      internetFacing: false,
      securityGroup: own,
      deletionProtection: settings.retainsData,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      // Below the 72 s of the service, so that it is never the service that ends a connection which is being used.
      idleTimeout: Duration.seconds(60),
    });
    // The bucket's policy stands in the data stack.
    this.loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
    this.loadBalancer.setAttribute('access_logs.s3.bucket', props.accessLogs.bucketName);
    this.loadBalancer.setAttribute('access_logs.s3.prefix', 'load-balancer');

    this.targetGroup = new ApplicationTargetGroup(this, 'Tasks', {
      vpc,
      targetType: TargetType.IP,
      port: SERVICE_PORT,
      // A load balancer takes any certificate of a target: the tasks make their own at each start.
      protocol: ApplicationProtocol.HTTPS,
      loadBalancingAlgorithmType: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      deregistrationDelay: Duration.seconds(20),
      healthCheck: {
        path: '/health/ready',
        healthyHttpCodes: '200',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
      },
    });
    this.origin =
      certificateArn === undefined
        ? `http://${this.loadBalancer.loadBalancerDnsName}`
        : `https://${domainName}`;
    this.#route(this.#listener(certificateArn), settings);
  }

  #listener(certificateArn: string | undefined): ApplicationListener {
    return this.loadBalancer.addListener('Listener', {
      open: false,
      defaultAction: ListenerAction.fixedResponse(404, {
        contentType: 'application/json',
        messageBody: NOT_FOUND,
      }),
      ...(certificateArn === undefined
        ? { port: 80, protocol: ApplicationProtocol.HTTP }
        : {
            port: 443,
            protocol: ApplicationProtocol.HTTPS,
            certificates: [ListenerCertificate.fromArn(certificateArn)],
            sslPolicy: SslPolicy.TLS13_RES,
          }),
    });
  }

  /**
   * A private integration sends the stage in front of the path (`/dev/v1/patients`), and only mapping templates, which a proxy does
   * not have, could take it away there: it is taken away here. Paths without a stage pass as they are.
   * @see Amazon API Gateway Developer Guide, "Private integrations for REST APIs", considerations
   */
  #route(listener: ApplicationListener, { stage }: Settings): void {
    const rule = (id: string, priority: number, paths: string[]) =>
      new ApplicationListenerRule(this, id, {
        listener,
        priority,
        conditions: [ListenerCondition.pathPatterns(paths)],
        action: ListenerAction.forward([this.targetGroup]),
      });
    const withStage = rule('WithStage', 10, [`/${stage}/*`]).node.defaultChild as CfnListenerRule;
    withStage.transforms = [
      {
        type: 'url-rewrite',
        urlRewriteConfig: { rewrites: [{ regex: `^/${stage}/(.*)$`, replace: '/$1' }] },
      },
    ];
    rule('WithoutStage', 20, ['/v1/*', '/health/*', '/docs', '/docs/*', '/openapi.json']);
  }
}
