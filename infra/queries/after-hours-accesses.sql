-- People who saw or changed patients' data outside of working hours, one row a person and day.
-- Reads: audit_events
-- Parameters: first day (yyyy/mm/dd); last day; hour at which work begins, UTC, such as 10; hour at which it has ended, such as 24
-- Law: 45 CFR 164.308(a)(1)(ii)(D) activity review; 164.312(a)(1) access control
-- Note: People have scopes that begin with user/; programs with system/ scopes work at night. Emergencies are listed as well, with their purpose.
-- Compare with the duty roster: nights are worked in a hospital.
SELECT
  substr(event.recordedat, 1, 10) AS day_of_access,
  event.origin.agent.issuer AS issuer,
  event.origin.agent.subject AS subject,
  array_join(array_sort(array_agg(DISTINCT event.origin.purposeofuse)), ', ') AS purposes,
  min(event.recordedat) AS first_at,
  max(event.recordedat) AS last_at,
  count(DISTINCT event.patientid) AS patients,
  count(DISTINCT event.id) AS events
FROM audit_events
WHERE day BETWEEN ? AND ?
  AND event.outcome = '0'
  AND event.patientid IS NOT NULL
  AND array_join(event.origin.agent.scopes, ' ') LIKE '%user/%'
  AND NOT (
    hour(from_iso8601_timestamp(event.recordedat)) >= CAST(? AS integer)
    AND hour(from_iso8601_timestamp(event.recordedat)) < CAST(? AS integer)
  )
GROUP BY substr(event.recordedat, 1, 10), event.origin.agent.issuer, event.origin.agent.subject
ORDER BY first_at, subject
