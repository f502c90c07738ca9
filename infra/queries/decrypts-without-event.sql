-- Uses of a patient's key for which the service's trail has no event of that patient at that time: somebody decrypts past the service.
-- Reads: cloudtrail_events, audit_events
-- Parameters: first day (yyyy/mm/dd); last day; the same first day; the same last day; minutes between the two, such as 5
-- Law: 45 CFR 164.312(b) audit controls; 164.312(d) person or entity authentication; 164.308(a)(1)(ii)(D) activity review
-- Note: The service asks KMS once for a patient, process and cache time, and writes an event of that patient within the same request; a
-- long export asks again while it runs. CloudTrail's times are whole seconds. A read in the shadow of a legitimate one to the same
-- patient is not found here; `phi audit reconcile` holds each call against an event of its own.
WITH decrypts AS (
  SELECT
    from_iso8601_timestamp(eventtime) AS happened_at,
    json_extract_scalar(requestparameters, '$.encryptionContext["aws-crypto-ec:patient_id"]') AS patient_id,
    coalesce(useridentity.arn, useridentity.invokedby, useridentity.type) AS who,
    sourceipaddress AS network_address,
    vpcendpointid AS vpc_endpoint_id,
    eventid AS event_id
  FROM cloudtrail_events
  WHERE day BETWEEN ? AND ?
    AND eventsource = 'kms.amazonaws.com'
    AND eventname = 'Decrypt'
    AND errorcode IS NULL
    AND json_extract_scalar(requestparameters, '$.encryptionContext["aws-crypto-ec:patient_id"]') IS NOT NULL
),
accesses AS (
  -- A day more at both ends: a request can begin before midnight and be recorded after it.
  SELECT DISTINCT
    event.patientid AS patient_id,
    from_iso8601_timestamp(event.recordedat) AS recorded_at
  FROM audit_events
  WHERE day BETWEEN date_format(date_parse(?, '%Y/%m/%d') - INTERVAL '1' DAY, '%Y/%m/%d')
      AND date_format(date_parse(?, '%Y/%m/%d') + INTERVAL '1' DAY, '%Y/%m/%d')
    AND event.patientid IS NOT NULL
)
SELECT DISTINCT
  decrypts.happened_at,
  decrypts.patient_id,
  decrypts.who,
  decrypts.network_address,
  decrypts.vpc_endpoint_id,
  decrypts.event_id
FROM decrypts
LEFT JOIN accesses
  ON accesses.patient_id = decrypts.patient_id
  AND abs(date_diff('second', decrypts.happened_at, accesses.recorded_at)) <= CAST(? AS integer) * 60
WHERE accesses.patient_id IS NULL
ORDER BY happened_at, event_id
