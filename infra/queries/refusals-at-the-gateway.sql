-- Addresses with many refused requests within an hour: guessing, probing, a broken client. Also what never reached the service.
-- Reads: api_access_logs
-- Parameters: first day (yyyy/mm/dd); last day; refusals an hour that are too many, such as 50
-- Law: 45 CFR 164.308(a)(5)(ii)(C) log-in monitoring; 164.308(a)(6)(ii) response and reporting
-- Note: 401 and 403 by the gateway, its firewall or the service, and 429 by a rate limit. Hours of the clock, UTC.
SELECT
  date_trunc('hour', from_unixtime(CAST(requesttimeepoch AS bigint) / 1000)) AS happened_at,
  sourceip AS network_address,
  count(*) AS refusals,
  count(*) FILTER (WHERE status = '401') AS not_authenticated,
  count(*) FILTER (WHERE status = '403') AS not_permitted,
  count(*) FILTER (WHERE status = '429') AS too_many,
  count(DISTINCT resourcepath) AS routes
FROM api_access_logs
WHERE day BETWEEN ? AND ?
  AND status IN ('401', '403', '429')
GROUP BY
  date_trunc('hour', from_unixtime(CAST(requesttimeepoch AS bigint) / 1000)),
  sourceip
HAVING count(*) >= CAST(? AS integer)
ORDER BY happened_at, network_address
