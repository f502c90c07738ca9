-- Minutes in which the trail has accesses to patients' data, and CloudTrail no call of their tables: made-up events, or calls that were not recorded.
-- Reads: audit_events, cloudtrail_events
-- Parameters: first day (yyyy/mm/dd); last day; the same first day; the same last day; minutes between the two, such as 5
-- Law: 45 CFR 164.312(b) audit controls; 164.308(a)(1)(ii)(D) activity review
-- Note: Each access reads or writes a row, whatever the service has in its caches: keys are cached, rows are not. By minutes and not by patient, because
-- a transaction names its rows nowhere. The other direction is decrypts-without-event.
WITH accesses AS (
  SELECT
    date_trunc('minute', from_iso8601_timestamp(event.recordedat)) AS happened_at,
    count(DISTINCT event.id) AS events,
    min(event.id) AS first_event_id
  FROM audit_events
  WHERE day BETWEEN ? AND ?
    AND event.outcome = '0'
    AND event.patientid IS NOT NULL
  GROUP BY date_trunc('minute', from_iso8601_timestamp(event.recordedat))
),
calls AS (
  -- A day more at both ends: a call can be recorded before midnight and its event after it.
  SELECT DISTINCT date_trunc('minute', from_iso8601_timestamp(eventtime)) AS called_at
  FROM cloudtrail_events
  WHERE day BETWEEN date_format(date_parse(?, '%Y/%m/%d') - INTERVAL '1' DAY, '%Y/%m/%d')
      AND date_format(date_parse(?, '%Y/%m/%d') + INTERVAL '1' DAY, '%Y/%m/%d')
    AND eventsource = 'dynamodb.amazonaws.com'
    AND errorcode IS NULL
    AND regexp_like(
      concat(
        coalesce(json_extract_scalar(requestparameters, '$.tableName'), ''), ' ',
        coalesce(element_at(resources, 1).arn, ''), ' '
      ),
      'phi-[a-z0-9-]+-(records|audit)[ /]'
    )
)
SELECT
  accesses.happened_at,
  accesses.events,
  accesses.first_event_id
FROM accesses
LEFT JOIN calls
  ON abs(date_diff('minute', accesses.happened_at, calls.called_at)) <= CAST(? AS integer)
WHERE calls.called_at IS NULL
ORDER BY happened_at
