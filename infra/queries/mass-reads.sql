-- Mass reads: callers who saw many patients within an hour, and whoever read whole tables past the service.
-- Reads: audit_events, cloudtrail_events
-- Parameters: first day (yyyy/mm/dd); last day; patients an hour that are too many, such as 100; the same first day; the same last day; once more the first day; once more the last day
-- Law: 45 CFR 164.308(a)(1)(ii)(D) activity review; 164.502(b) minimum necessary
-- Note: Hours of the clock, UTC. What the service itself found unusual for a caller is listed whatever the number. The service never scans the records and audit tables, so that a scan, a PartiQL statement or an export of
-- one of them is somebody else's. DynamoDB names the table in the request, or in resources.
SELECT
  'many patients in an hour' AS kind,
  date_trunc('hour', from_iso8601_timestamp(event.recordedat)) AS happened_at,
  concat(event.origin.agent.issuer, ' ', event.origin.agent.subject) AS who,
  array_join(array_sort(array_agg(DISTINCT event.type)), ', ') AS operations,
  count(DISTINCT event.patientid) AS patients,
  count(DISTINCT event.id) AS calls
FROM audit_events
WHERE day BETWEEN ? AND ?
  AND event.outcome = '0'
  AND event.type IN ('patient-read', 'patient-query', 'record-read', 'record-query', 'export')
  AND event.patientid IS NOT NULL
  AND event.origin.agent.subject IS NOT NULL
GROUP BY
  date_trunc('hour', from_iso8601_timestamp(event.recordedat)),
  concat(event.origin.agent.issuer, ' ', event.origin.agent.subject)
HAVING count(DISTINCT event.patientid) >= CAST(? AS integer)
UNION ALL
SELECT
  'unusual for the caller' AS kind,
  date_trunc('hour', from_iso8601_timestamp(event.recordedat)) AS happened_at,
  concat(event.origin.agent.issuer, ' ', event.origin.agent.subject) AS who,
  event.type AS operations,
  CAST(event.count AS bigint) AS patients,
  CAST(NULL AS bigint) AS calls
FROM audit_events
WHERE day BETWEEN ? AND ?
  AND event.type = 'mass-read'
UNION ALL
SELECT
  'table read past the service' AS kind,
  date_trunc('hour', from_iso8601_timestamp(eventtime)) AS happened_at,
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.type) AS who,
  array_join(array_sort(array_agg(DISTINCT eventname)), ', ') AS operations,
  CAST(NULL AS bigint) AS patients,
  count(DISTINCT eventid) AS calls
FROM cloudtrail_events
WHERE day BETWEEN ? AND ?
  AND eventsource = 'dynamodb.amazonaws.com'
  AND eventname IN ('Scan', 'ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction', 'ExportTableToPointInTime')
  AND errorcode IS NULL
  AND regexp_like(
    concat(
      coalesce(json_extract_scalar(requestparameters, '$.tableName'), ''), ' ',
      coalesce(json_extract_scalar(requestparameters, '$.tableArn'), ''), ' ',
      coalesce(element_at(resources, 1).arn, ''), ' '
    ),
    'phi-[a-z0-9-]+-(records|audit)[ /]'
  )
GROUP BY
  date_trunc('hour', from_iso8601_timestamp(eventtime)),
  coalesce(useridentity.arn, useridentity.invokedby, useridentity.type)
ORDER BY happened_at, who
