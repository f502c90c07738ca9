-- Attempts to decrypt that failed: KMS refused the key, or a stored record did not pass its integrity check.
-- Reads: cloudtrail_events, audit_events
-- Parameters: first day (yyyy/mm/dd); last day; the same first day; the same last day
-- Law: 45 CFR 164.308(a)(6)(ii) response and reporting; 164.312(c)(2) authentication of PHI; 164.312(e)(2)(i) integrity
-- Note: Every key of the account counts. Faults of KMS itself (throttling, time-outs) are no attempts and are left out. CloudTrail
-- delivers some records twice: each is shown once.
SELECT
  'refused by KMS' AS kind,
  eventtime AS happened_at,
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.type) AS who,
  sourceipaddress AS network_address,
  eventname AS operation,
  errorcode AS reason,
  coalesce(element_at(resources, 1).arn, json_extract_scalar(requestparameters, '$.keyId')) AS key_or_record,
  coalesce(
    json_extract_scalar(requestparameters, '$.encryptionContext["aws-crypto-ec:patient_id"]'),
    json_extract_scalar(requestparameters, '$.sourceEncryptionContext["aws-crypto-ec:patient_id"]')
  ) AS patient_id,
  eventid AS event_id
FROM cloudtrail_events
WHERE day BETWEEN ? AND ?
  AND eventsource = 'kms.amazonaws.com'
  AND eventname IN ('Decrypt', 'ReEncrypt')
  AND errorcode IS NOT NULL
  AND errorcode NOT IN ('ThrottlingException', 'LimitExceededException', 'KMSInternalException', 'DependencyTimeoutException')
UNION
SELECT
  'integrity check failed' AS kind,
  event.recordedat AS happened_at,
  event.origin.agent.subject AS who,
  event.origin.networkaddress AS network_address,
  event.type AS operation,
  event.refusal.problem AS reason,
  element_at(event.entities, 1).id AS key_or_record,
  event.patientid AS patient_id,
  event.id AS event_id
FROM audit_events
WHERE day BETWEEN ? AND ?
  AND event.type = 'integrity-alarm'
ORDER BY happened_at, event_id
