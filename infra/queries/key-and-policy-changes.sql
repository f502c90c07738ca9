-- Changes, and attempts at changes, to what protects the data: keys, policies, the trail itself, tables, backups, guardrails, parameters.
-- Reads: cloudtrail_events
-- Parameters: first day (yyyy/mm/dd); last day
-- Law: 45 CFR 164.308(a)(8) evaluation; 164.312(a)(1) access control; 164.312(b) audit controls; 164.316(b)(2)(i) retention
-- Note: Every deployment shows up here: compare with its change request. Grants that AWS services make on keys for their own resources are
-- left out.
SELECT DISTINCT
  eventtime AS happened_at,
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.type) AS who,
  useridentity.sessioncontext.attributes.mfaauthenticated AS with_mfa,
  sourceipaddress AS network_address,
  awsregion AS region,
  eventsource AS service,
  eventname AS operation,
  coalesce(
    element_at(resources, 1).arn,
    json_extract_scalar(requestparameters, '$.keyId'),
    json_extract_scalar(requestparameters, '$.roleName'),
    json_extract_scalar(requestparameters, '$.policyArn'),
    json_extract_scalar(requestparameters, '$.bucketName'),
    json_extract_scalar(requestparameters, '$.tableName'),
    json_extract_scalar(requestparameters, '$.guardrailIdentifier'),
    json_extract_scalar(requestparameters, '$.logGroupName'),
    json_extract_scalar(requestparameters, '$.functionName'),
    json_extract_scalar(requestparameters, '$.backupVaultName'),
    json_extract_scalar(requestparameters, '$.deliveryStreamName'),
    json_extract_scalar(requestparameters, '$.userName'),
    json_extract_scalar(requestparameters, '$.name')
  ) AS target,
  coalesce(errorcode, 'done') AS outcome,
  eventid AS event_id
FROM cloudtrail_events
WHERE day BETWEEN ? AND ?
  AND readonly = 'false'
  AND (
    (
      eventsource = 'kms.amazonaws.com'
      AND NOT (eventname IN ('CreateGrant', 'RetireGrant', 'RevokeGrant') AND useridentity.invokedby IS NOT NULL)
    )
    OR (
      eventsource = 'iam.amazonaws.com'
      AND regexp_like(eventname, 'Policy|PermissionsBoundary|AccessKey|LoginProfile|MFADevice')
    )
    OR (
      eventsource = 's3.amazonaws.com'
      AND regexp_like(
        eventname,
        '^(Put|Delete)(Bucket|Account|Object|BucketObject)(Policy|Acl|Encryption|Versioning|Lifecycle|Logging|Replication|PublicAccessBlock|LockConfiguration|Retention|LegalHold)|^DeleteBucket$'
      )
    )
    OR (
      eventsource = 'dynamodb.amazonaws.com'
      AND eventname IN (
        'PutResourcePolicy', 'DeleteResourcePolicy', 'UpdateTable', 'DeleteTable', 'UpdateContinuousBackups', 'UpdateTimeToLive',
        'DisableKinesisStreamingDestination', 'RestoreTableToPointInTime', 'RestoreTableFromBackup'
      )
    )
    OR (
      eventsource = 'backup.amazonaws.com'
      AND regexp_like(eventname, '^(Delete|Update|Put|Disassociate)')
    )
    OR (
      eventsource = 'cloudtrail.amazonaws.com'
      AND eventname IN ('StopLogging', 'StartLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors', 'PutInsightSelectors')
    )
    OR (
      eventsource = 'logs.amazonaws.com'
      AND eventname IN (
        'DeleteLogGroup', 'DeleteLogStream', 'PutRetentionPolicy', 'DeleteRetentionPolicy', 'DeleteSubscriptionFilter',
        'PutSubscriptionFilter', 'DisassociateKmsKey', 'PutResourcePolicy'
      )
    )
    OR (
      eventsource = 'firehose.amazonaws.com'
      AND eventname IN ('DeleteDeliveryStream', 'UpdateDestination', 'StopDeliveryStreamEncryption')
    )
    OR (
      eventsource = 'bedrock.amazonaws.com'
      AND regexp_like(eventname, '^(Create|Update|Delete)Guardrail|ModelInvocationLoggingConfiguration')
    )
    OR (
      eventsource = 'ssm.amazonaws.com'
      AND eventname IN ('PutParameter', 'DeleteParameter', 'DeleteParameters')
      AND regexp_like(requestparameters, '/phi/')
    )
    OR (
      eventsource = 'lambda.amazonaws.com'
      AND regexp_like(eventname, '^(UpdateFunctionCode|UpdateFunctionConfiguration|AddPermission|RemovePermission|DeleteFunction|DeleteEventSourceMapping|UpdateEventSourceMapping)')
    )
  )
ORDER BY happened_at, event_id
