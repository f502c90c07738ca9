import type { CloudFormationCustomResourceEvent } from 'aws-lambda';

interface Answer {
  status: 'SUCCESS' | 'FAILED';
  physicalId: string;
  /** Fixed words: whoever may look at the stack reads them. */
  reason?: string;
}

const ATTEMPTS = 3;

/**
 * Tells CloudFormation how a custom resource came out. Without an answer the stack waits until the resource's timeout.
 * @throws Error without the address, which whoever has it can answer to as well
 * @see AWS CloudFormation User Guide, "Custom resource response objects"
 */
export async function answerCloudFormation(
  { ResponseURL, StackId, RequestId, LogicalResourceId }: CloudFormationCustomResourceEvent,
  { status, physicalId, reason }: Answer,
): Promise<void> {
  // As bytes: the address is signed for a request without a content type, and text would get one.
  const body = Buffer.from(
    JSON.stringify({
      Status: status,
      Reason: reason ?? 'Done',
      PhysicalResourceId: physicalId,
      StackId,
      RequestId,
      LogicalResourceId,
      NoEcho: true,
    }),
  );
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (await put(ResponseURL, body)) return;
  }
  throw new Error('CloudFormation did not take the answer');
}

async function put(address: string, body: Buffer): Promise<boolean> {
  try {
    const { ok } = await fetch(address, { method: 'PUT', body, signal: AbortSignal.timeout(5000) });
    return ok;
  } catch {
    return false;
  }
}
