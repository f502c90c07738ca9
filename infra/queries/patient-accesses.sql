-- Who accessed the data of one patient: when, which record, for what purpose, with what outcome. Refused attempts too.
-- Reads: audit_events
-- Parameters: first day (yyyy/mm/dd); last day; patient id
-- Law: 45 CFR 164.312(b) audit controls; 164.528 accounting of disclosures
-- Note: One row for each record that an event names; an event without one (a search, a refusal) has one row.
SELECT
  audit.event.recordedat AS happened_at,
  audit.event.origin.agent.issuer AS issuer,
  audit.event.origin.agent.subject AS subject,
  audit.event.origin.agent.clientid AS client_id,
  audit.event.origin.networkaddress AS network_address,
  audit.event.type AS access_type,
  audit.event.outcome AS outcome,
  audit.event.refusal.problem AS refused_because,
  audit.event.origin.purposeofuse AS purpose_of_use,
  audit.event.entities[entity.n].type AS record_type,
  audit.event.entities[entity.n].id AS record_id,
  audit.event.entities[entity.n].version AS record_version,
  audit.event.id AS event_id
FROM audit_events AS audit
LEFT JOIN UNNEST(sequence(1, cardinality(audit.event.entities))) AS entity (n) ON TRUE
WHERE audit.day BETWEEN ? AND ?
  AND audit.event.patientid = ?
ORDER BY audit.event.recordedat, audit.event.id, entity.n
