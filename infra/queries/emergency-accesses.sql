-- Accesses that were claimed as emergencies, by caller and patient, for the privacy officer's review.
-- Reads: audit_events
-- Parameters: first day (yyyy/mm/dd); last day
-- Law: 45 CFR 164.312(a)(2)(ii) emergency access procedure; 164.308(a)(1)(ii)(D) activity review
-- Note: Whoever broke the glass (event emergency-access), and whatever was done with an emergency as its purpose, as the caller said it: BTG (break
-- the glass), ETREAT (emergency treatment) or ERTREAT (emergency room treatment) of HL7 v3 PurposeOfUse. Refused attempts are counted apart.
SELECT
  event.origin.agent.issuer AS issuer,
  event.origin.agent.subject AS subject,
  event.patientid AS patient_id,
  event.origin.purposeofuse AS purpose_of_use,
  min(event.recordedat) AS first_at,
  max(event.recordedat) AS last_at,
  count(DISTINCT event.id) AS events,
  count(DISTINCT event.id) FILTER (WHERE event.outcome <> '0') AS refused,
  array_join(array_sort(array_agg(DISTINCT event.type)), ', ') AS access_types
FROM audit_events
WHERE day BETWEEN ? AND ?
  AND (
    event.type = 'emergency-access'
    OR event.origin.purposeofuse IN ('BTG', 'ETREAT', 'ERTREAT')
  )
GROUP BY event.origin.agent.issuer, event.origin.agent.subject, event.patientid, event.origin.purposeofuse
ORDER BY first_at, subject, patient_id
