-- Texts that screening refused, and attempts to reach a model past the guardrail.
-- Reads: audit_events, cloudtrail_events
-- Parameters: first day (yyyy/mm/dd); last day; the same first day; the same last day
-- Law: 45 CFR 164.502(b) minimum necessary; 164.312(a)(1) access control; 164.308(a)(1)(ii)(D) activity review
-- Note: CloudTrail tells that a guardrail was applied, not what it found: that is in the service's own events. Model calls of other
-- workloads in the account are reported as well.
SELECT
  'text refused' AS kind,
  event.recordedat AS happened_at,
  event.origin.agent.subject AS who,
  event.origin.networkaddress AS network_address,
  array_join(array_sort(map_keys(event.screening)), ', ') AS what,
  event.patientid AS patient_id,
  event.id AS event_id
FROM audit_events
WHERE day BETWEEN ? AND ?
  AND event.refusal.problem = 'identifier-in-text'
UNION
SELECT
  CASE WHEN errorcode IS NULL THEN 'model called without a guardrail' ELSE 'call denied' END AS kind,
  eventtime AS happened_at,
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.type) AS who,
  sourceipaddress AS network_address,
  concat(eventname, ' ', coalesce(json_extract_scalar(requestparameters, '$.modelId'), '')) AS what,
  CAST(NULL AS varchar) AS patient_id,
  eventid AS event_id
FROM cloudtrail_events
WHERE day BETWEEN ? AND ?
  AND eventsource = 'bedrock.amazonaws.com'
  AND (
    (
      eventname IN ('ApplyGuardrail', 'Converse', 'ConverseStream', 'InvokeModel', 'InvokeModelWithResponseStream')
      AND errorcode IN ('AccessDenied', 'AccessDeniedException')
    )
    OR (
      eventname IN ('Converse', 'ConverseStream', 'InvokeModel', 'InvokeModelWithResponseStream')
      AND errorcode IS NULL
      AND json_extract_scalar(requestparameters, '$.guardrailConfig.guardrailIdentifier') IS NULL
      AND json_extract_scalar(requestparameters, '$.guardrailIdentifier') IS NULL
    )
  )
ORDER BY happened_at, event_id
